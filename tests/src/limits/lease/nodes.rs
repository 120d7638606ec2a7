//! Several nodes in one process, over books in memory.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::limit::lease::{LeaseTerms, LeasedRateLimiter, MemoryLeaseBooks};
use tenancy_core::limit::{
    Call, ChargeId, Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog, TokenBucket,
};
use tenancy_core::{ErrorKind, ManualClock, TenantId};

use super::books::Watched;
use crate::contract::limiter::{ONE, n};

type Books = Arc<Watched<MemoryLeaseBooks>>;
type Node = LeasedRateLimiter<Arc<MemoryRateLimiter>>;

/// Nodes that share books, and what is not leased.
struct Nodes {
    clock: Arc<ManualClock>,
    books: Books,
    each: Vec<Node>,
}

fn nodes(count: usize) -> Nodes {
    let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
    let books = Arc::new(Watched::new(MemoryLeaseBooks::new(clock.clone())));
    let others = Arc::new(MemoryRateLimiter::new(clock.clone()));
    let terms = LeaseTerms::DEFAULT;
    let node = |_| Node::with(books.clone(), others.clone(), terms, clock.clone());
    let each = (0..count).map(node).collect();
    Nodes { clock, books, each }
}

fn of_tenant(burst: u32, per_second: u32) -> Limit {
    let bucket = TokenBucket::per_second(n(burst), n(per_second)).expect("a good bucket");
    Limit::new(LimitName::TENANT, bucket)
}

fn tenants() -> [TenantId; 2] {
    [TenantId::generate(), TenantId::generate()]
}

impl Nodes {
    /// Asks all nodes in turn; returns how many calls were admitted.
    async fn admitted(&self, tenant: TenantId, limits: &[Limit], calls: usize) -> u32 {
        let mut admitted = 0;
        for call in 0..calls {
            let node = &self.each[call % self.each.len()];
            let decision = node.check(tenant, limits, ONE).await.expect("a decision");
            admitted += u32::from(decision.is_allowed());
        }
        admitted
    }
}

#[tokio::test]
async fn all_nodes_together_keep_to_the_bucket_and_ask_seldom() {
    let all = nodes(8);
    let limits = [of_tenant(10_000, 1_000)];
    for tenant in tenants() {
        let asked = all.books.asked();
        let admitted = all.admitted(tenant, &limits, 12_000).await;
        assert!((9_500..=10_000).contains(&admitted), "{admitted} of 10000");
        let asked = all.books.asked() - asked;
        assert!(asked < 1_200, "{asked} requests for 12000 decisions");
        all.clock.advance(Duration::from_secs(1));
        let more = all.admitted(tenant, &limits, 3_000).await;
        assert!(admitted + more <= 11_000, "{admitted} and {more}");
        assert!(admitted + more >= 10_500, "{admitted} and {more}");
    }
}

#[tokio::test]
async fn a_small_limit_is_asked_for_call_by_call() {
    let all = nodes(4);
    let limits = [of_tenant(7, 1)];
    for tenant in tenants() {
        assert_eq!(all.admitted(tenant, &limits, 40).await, 7, "none is held back");
    }
}

#[tokio::test]
async fn says_when_to_come_back() {
    let all = nodes(2);
    let limits = [of_tenant(20, 1)];
    let [tenant, other] = tenants();
    assert_eq!(all.admitted(tenant, &limits, 30).await, 20);
    let asked = all.books.asked();
    for node in &all.each {
        let decision = node.try_local(tenant, &limits, ONE).expect("known here").expect("decided");
        assert!(!decision.is_allowed());
        assert_eq!(decision.binding().remaining(), 0);
        assert_eq!(decision.retry_after(), Some(Duration::from_secs(1)));
    }
    assert_eq!(all.books.asked(), asked, "a refusal is local too");
    assert!(all.each[0].check(other, &limits, ONE).await.expect("a decision").is_allowed());

    all.clock.advance(Duration::from_secs(1));
    assert_eq!(all.admitted(tenant, &limits, 4).await, 1);
    let never = all.each[0].check(tenant, &limits, n(21)).await.expect("a decision");
    assert!(never.binding().is_impossible());
}

#[tokio::test]
async fn a_lease_ends_by_the_clock_of_its_node() {
    let all = nodes(1);
    let limits = [of_tenant(1_000, 1)];
    for tenant in tenants() {
        assert_eq!(all.admitted(tenant, &limits, 50).await, 50);
        assert!(all.each[0].try_local(tenant, &limits, ONE).expect("held").is_ok());
        all.clock.advance(LeaseTerms::DEFAULT.usable());
        assert!(all.each[0].try_local(tenant, &limits, ONE).is_none(), "nothing is held any more");
    }
}

#[tokio::test]
async fn spends_what_it_holds_while_the_books_are_away_and_then_admits_nothing() {
    let all = nodes(1);
    let limits = [of_tenant(1_000, 1)];
    for tenant in tenants() {
        all.books.set_away(false);
        all.admitted(tenant, &limits, 200).await;
        all.books.set_away(true);
        let mut admitted = 0;
        let error = loop {
            match all.each[0].check(tenant, &limits, ONE).await {
                Ok(decision) => {
                    assert!(decision.is_allowed());
                    admitted += 1;
                    assert!(admitted <= 800, "more than there was");
                }
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(admitted > 0, "something was held");
        for _ in 0..10 {
            assert!(all.each[0].check(tenant, &limits, ONE).await.is_err());
        }
        all.books.set_away(false);
        let later = all.admitted(tenant, &limits, 1_000).await;
        assert!(200 + admitted + later <= 1_000, "200, {admitted} and {later}");
    }
}

#[tokio::test]
async fn gives_back_when_it_is_shut_down() {
    let mut all = nodes(2);
    let limits = [of_tenant(1_000, 1)];
    let [tenant, other] = tenants();
    let first = all.each.remove(0);
    for _ in 0..100 {
        assert!(first.check(tenant, &limits, ONE).await.expect("a decision").is_allowed());
    }
    first.shut_down().await;
    let error = first.check(tenant, &limits, ONE).await.expect_err("it was shut down");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(first.check(other, &limits, ONE).await.is_err());
    assert_eq!(all.admitted(tenant, &limits, 1_000).await, 900, "nothing is missing");
    assert_eq!(all.admitted(other, &limits, 1_100).await, 1_000);
}

#[tokio::test(start_paused = true)]
async fn gives_back_what_nobody_uses() {
    let all = nodes(2);
    let limits = [of_tenant(1_000, 1)];
    for tenant in tenants() {
        for _ in 0..100 {
            let decision = all.each[0].check(tenant, &limits, ONE).await.expect("a decision");
            assert!(decision.is_allowed());
        }
        // Two refreshes of the runtime's time; the clock of the bucket stands still.
        tokio::time::sleep(Duration::from_millis(250)).await;
        let mut admitted = 0;
        for _ in 0..1_000 {
            let decision = all.each[1].check(tenant, &limits, ONE).await.expect("a decision");
            admitted += u32::from(decision.is_allowed());
        }
        assert_eq!(admitted, 900, "nothing is missing");
    }
}

#[tokio::test]
async fn a_refusal_by_one_limit_charges_none() {
    let all = nodes(1);
    let log = |count| Limit::new(LimitName::PRINCIPAL, SlidingLog::per_hour(n(count)));
    let user = |count| of_tenant(count, 1).for_subject("ada");
    for tenant in tenants() {
        // One that is not leased refuses.
        let limits = [log(3).for_subject("ada"), of_tenant(50, 1)];
        assert_eq!(all.admitted(tenant, &limits, 30).await, 3);
        let decision = all.each[0].check(tenant, &limits, ONE).await.expect("a decision");
        assert_eq!(decision.binding().name(), &LimitName::PRINCIPAL);
        // One that is leased refuses: 47 of the tenant are left, and all of them for others.
        let limits = [of_tenant(50, 1), user(5)];
        assert_eq!(all.admitted(tenant, &limits, 30).await, 5);
        assert_eq!(all.admitted(tenant, &[of_tenant(50, 1)], 60).await, 42);
        // And then it charges nothing elsewhere.
        let limits = [of_tenant(50, 1), log(4).for_subject("bob")];
        assert_eq!(all.admitted(tenant, &limits, 9).await, 0);
        let left = all.each[0].peek(tenant, &limits[1..]).await.expect("a decision");
        assert_eq!(left.binding().remaining(), 4);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_admits_nobody_twice() {
    let all = nodes(2);
    let limits = [of_tenant(100, 1)];
    for tenant in tenants() {
        for call in 0..50 {
            let asked = all.each[call % 2].check(tenant, &limits, ONE);
            // Polled once: it waits for the books, or was decided at once.
            drop(tokio::time::timeout(Duration::ZERO, asked).await);
        }
        let admitted = all.admitted(tenant, &limits, 200).await;
        assert!((40..=100).contains(&admitted), "{admitted}");
    }
}

#[tokio::test]
async fn takes_charges_and_looks_alone() {
    let all = nodes(1);
    let limits = [of_tenant(100, 1)];
    for tenant in tenants() {
        let look = all.each[0].peek(tenant, &limits).await.expect("a decision");
        assert_eq!((look.is_allowed(), look.binding().remaining()), (true, 100));
        let calls = [
            Call::up_to(n(5)),
            Call::forced(n(5)),
            Call::reset(),
            Call::refund(ChargeId::generate()),
        ];
        for call in calls {
            let error = all.each[0].decide(tenant, &limits, call).await.expect_err("no such call");
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
        assert!(all.each[0].check(tenant, &[], ONE).await.is_err());
        let twice = [of_tenant(100, 1), of_tenant(100, 1)];
        assert!(all.each[0].check(tenant, &twice, ONE).await.is_err());
        assert_eq!(all.admitted(tenant, &limits, 120).await, 100);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_at_once_share_one_request_and_no_token() {
    let all = Arc::new(nodes(3));
    for tenant in tenants() {
        let limits = [of_tenant(600, 1), of_tenant(600, 1).for_subject("ada")];
        let calls: Vec<_> = (0..1_000)
            .map(|call| {
                let (all, limits) = (all.clone(), limits.clone());
                tokio::spawn(async move { all.each[call % 3].check(tenant, &limits, ONE).await })
            })
            .collect();
        let mut admitted = 0;
        for call in calls {
            let decision = call.await.expect("no panic").expect("a decision");
            admitted += u32::from(decision.is_allowed());
        }
        assert!((500..=600).contains(&admitted), "{admitted}");
    }
}

#[tokio::test(start_paused = true)]
async fn forgets_who_is_gone_while_others_go_on() {
    let all = nodes(1);
    let of_user = |user: u32| of_tenant(100, 1).for_subject(user.to_string());
    for tenant in tenants() {
        for user in 0..400 {
            let limits = [of_tenant(100_000, 1), of_user(user)];
            assert!(
                all.each[0].check(tenant, &limits, ONE).await.expect("a decision").is_allowed()
            );
            all.clock.advance(Duration::from_millis(50));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // A lease is 2 s long, in which 40 users come by.
        assert!((2..=80).contains(&all.each[0].tracked()), "{}", all.each[0].tracked());
    }
    all.clock.advance(Duration::from_secs(3));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(all.each[0].tracked(), 0);
}

#[test]
fn goes_on_after_the_runtime_that_asked_has_ended() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().expect("a runtime")
    };
    let all = nodes(1);
    let limits = [of_tenant(40, 1)];
    for tenant in tenants() {
        let mut admitted = 0;
        for _ in 0..3 {
            // Dropped in the middle of whatever its task does.
            runtime().block_on(async {
                for _ in 0..5 {
                    admitted += all.admitted(tenant, &limits, 1).await;
                }
            });
        }
        assert!((1..=15).contains(&admitted), "{admitted}");
        assert!(admitted + runtime().block_on(all.admitted(tenant, &limits, 60)) <= 40);
    }
}
