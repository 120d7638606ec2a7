use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::harness::{Answer, Client, Server};

const AT_ONCE: usize = 20;

/// Before a request is sent again that was refused for the time being.
const PAUSE: Duration = Duration::from_millis(20);

/// A payment that a tenant wants to make, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub(super) slug: &'static str,
    pub(super) amount: i64,
}

/// The bytes that were answered to each request.
pub(super) type Answers = BTreeMap<Request, Vec<u8>>;

/// Sends all requests, twenty at a time, until the server is gone or all are answered.
pub(super) struct Round {
    workers: JoinSet<Outcome>,
    progress: watch::Receiver<Progress>,
}

/// How many payments were made, and how many requests were refused for the time being.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Progress {
    pub(super) made: usize,
    pub(super) refused: usize,
}

#[derive(Default)]
struct Outcome {
    answered: Vec<(Request, Answer)>,
    unanswered: usize,
}

struct Queue {
    requests: Vec<(Request, Client)>,
    next: AtomicUsize,
    progress: watch::Sender<Progress>,
}

impl Round {
    pub(super) fn start(server: &Server, requests: Vec<Request>) -> Self {
        let slugs = requests.iter().map(|Request { slug, .. }| *slug).collect::<BTreeSet<_>>();
        let clients: BTreeMap<_, _> =
            slugs.into_iter().map(|slug| (slug, server.client(slug))).collect();
        let with_client = |request: Request| (request, clients[request.slug].clone());
        let (sender, progress) = watch::channel(Progress::default());
        let queue = Arc::new(Queue {
            requests: requests.into_iter().map(with_client).collect(),
            next: AtomicUsize::new(0),
            progress: sender,
        });
        let workers = (0..AT_ONCE).map(|_| work(queue.clone()));
        Self { workers: workers.collect(), progress }
    }

    /// Waits until this round has come so far.
    pub(super) async fn until(&mut self, enough: impl Fn(Progress) -> bool) {
        let waiting = self.progress.wait_for(|progress| enough(*progress));
        waiting.await.expect("there are more requests");
    }

    /// Waits for all; notes what was answered, and compares it with what was answered before.
    /// Returns how many requests got no answer.
    pub(super) async fn end(self, answers: &mut Answers) -> usize {
        let outcomes = self.workers.join_all().await;
        for (request, answer) in outcomes.iter().flat_map(|outcome| &outcome.answered) {
            assert_eq!(answer.status, 201, "{request:?}: {answer:?}");
            if let Some(before) = answers.insert(*request, answer.body.clone()) {
                assert_eq!(answer.header("idempotent-replayed"), "true", "{request:?}");
                assert_eq!(answer.body, before, "{request:?}");
            }
        }
        outcomes.iter().map(|outcome| outcome.unanswered).sum()
    }
}

async fn work(queue: Arc<Queue>) -> Outcome {
    let mut outcome = Outcome::default();
    while let Some((request, bank)) = queue.take() {
        let Some(answer) = queue.answer(*request, bank).await else {
            outcome.unanswered += 1;
            return outcome;
        };
        if !answer.headers.contains_key("idempotent-replayed") {
            queue.progress.send_modify(|progress| progress.made += 1);
        }
        outcome.answered.push((*request, answer));
    }
    outcome
}

impl Queue {
    fn take(&self) -> Option<&(Request, Client)> {
        self.requests.get(self.next.fetch_add(1, Ordering::SeqCst))
    }

    /// Asks until there is an answer other than "not now", or nobody to answer.
    async fn answer(&self, request: Request, bank: &Client) -> Option<Answer> {
        let order = json!({ "amount": request.amount, "currency": "EUR" });
        let key = format!("amount-{}", request.amount);
        loop {
            let answer = bank.try_send(bank.paying(&key).json(&order)).await.ok()?;
            if answer.status != 503 {
                return Some(answer);
            }
            self.progress.send_modify(|progress| progress.refused += 1);
            sleep(PAUSE).await;
        }
    }
}
