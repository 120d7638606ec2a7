//! Calls of many tenants at once, and whether any interval holds more than its envelope.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tenancy_core::TenantId;
use tenancy_core::limit::{Limit, RateLimiter, Source};
use tokio::time::sleep;

use crate::contract::limiter::ONE;

/// What each tenant may do.
pub(super) type Tenants = Vec<(TenantId, Limit)>;

/// Calls that go on until somebody says that it is enough.
pub(super) struct Load {
    tenants: Arc<Tenants>,
    asked: Arc<AtomicUsize>,
    is_enough: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<Admission>>>,
}

/// One call that was admitted: its tenant, when it was sent, and when the answer came.
#[derive(Debug, Clone, Copy)]
struct Admission {
    tenant: usize,
    sent: Instant,
    received: Instant,
}

/// What came of a load.
pub(super) struct Outcome {
    tenants: Arc<Tenants>,
    pub(super) asked: usize,
    admissions: Vec<Admission>,
}

const TASKS: usize = 48;

impl Load {
    pub(super) fn start(limiter: &Arc<dyn RateLimiter>, tenants: Tenants) -> Self {
        let tenants = Arc::new(tenants);
        let (asked, is_enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let tasks = (0..TASKS)
            .map(|task| {
                let (limiter, tenants) = (limiter.clone(), tenants.clone());
                let (asked, is_enough) = (asked.clone(), is_enough.clone());
                tokio::spawn(async move {
                    let mut admitted = Vec::new();
                    let mut tenant = task % tenants.len();
                    while !is_enough.load(Ordering::Relaxed) {
                        tenant = (tenant + 1) % tenants.len();
                        let (id, limit) = &tenants[tenant];
                        let sent = Instant::now();
                        asked.fetch_add(1, Ordering::Relaxed);
                        match limiter.check(*id, std::slice::from_ref(limit), ONE).await {
                            Ok(decision) if decision.is_allowed() => {
                                assert_eq!(decision.source(), Source::Exact);
                                let received = Instant::now();
                                admitted.push(Admission { tenant, sent, received });
                            }
                            Ok(_) => {}
                            // Its server is away; others are asked less for a moment.
                            Err(_) => sleep(Duration::from_millis(1)).await,
                        }
                    }
                    admitted
                })
            })
            .collect();
        Self { tenants, asked, is_enough, tasks }
    }

    /// Ends it when so many calls were made in all.
    pub(super) async fn end(self, calls: usize) -> Outcome {
        while self.asked.load(Ordering::Relaxed) < calls {
            sleep(Duration::from_millis(10)).await;
        }
        self.is_enough.store(true, Ordering::Relaxed);
        let mut admissions = Vec::new();
        for task in self.tasks {
            admissions.extend(task.await.expect("no panic"));
        }
        let asked = self.asked.load(Ordering::Relaxed);
        Outcome { tenants: self.tenants, asked, admissions }
    }
}

impl Outcome {
    pub(super) fn admitted(&self) -> usize {
        self.admissions.len()
    }

    /// How much was admitted between two moments, of all tenants.
    pub(super) fn admitted_in(&self, from: Instant, to: Instant) -> u64 {
        let of = |admission: &&Admission| (from..to).contains(&admission.sent);
        self.admissions.iter().filter(of).count() as u64
    }

    /// How much the worst interval of any tenant holds above its envelope; 0 when none does.
    ///
    /// A call counts in an interval when it was sent and answered in it.
    pub(super) fn excess(&self) -> u64 {
        let mut worst = 0;
        for tenant in 0..self.tenants.len() {
            let envelope = self.tenants[tenant].1.policy().envelope();
            let mut mine: Vec<_> =
                self.admissions.iter().filter(|admission| admission.tenant == tenant).collect();
            assert!(!mine.is_empty(), "a tenant was never admitted");
            mine.sort_by_key(|admission| admission.sent);
            for first in (0..mine.len()).step_by(mine.len() / 400 + 1) {
                let from = mine[first].sent;
                let mut received: Vec<_> = mine[first..].iter().map(|a| a.received).collect();
                received.sort_unstable();
                for (before, to) in received.into_iter().enumerate() {
                    // The clocks of this process and of the servers are read some time apart.
                    let most = envelope.at_most_in(to - from + Duration::from_micros(10));
                    worst = worst.max((before as u64 + 1).saturating_sub(most));
                }
            }
        }
        worst
    }
}
