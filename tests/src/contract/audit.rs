//! What every audit log must do.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tenancy_core::audit::{
    AuditAction, AuditEvent, AuditLog, AuditOutcome, AuditParty, AuditQuery, AuditResource,
    ChainFault, ChainHead, ChainVerdict, ChainedEvent,
};
use tenancy_core::{ActorKind, Clock as _, ManualClock, RequestId, TenantId};

use crate::harness::Database;

const EDITED: AuditAction = AuditAction::from_static("files.edit");

/// A log under test, and two tenants.
pub(crate) struct AuditBench {
    pub(crate) log: Arc<dyn AuditLog>,
    pub(crate) clock: ManualClock,
    pub(crate) harbor: TenantId,
    pub(crate) riverside: TenantId,
    _database: Option<Database>,
}

impl AuditBench {
    pub(crate) fn new(log: impl AuditLog, database: Option<Database>) -> Self {
        Self {
            log: Arc::new(log),
            clock: ManualClock::at_unix(1_800_000_000),
            harbor: TenantId::generate(),
            riverside: TenantId::generate(),
            _database: database,
        }
    }

    fn event(&self, tenant: TenantId) -> AuditEvent {
        AuditEvent::new(tenant, AuditAction::DATA_READ, self.clock.now())
    }

    fn read_by(&self, tenant: TenantId, actor: &str, owner: &str) -> AuditEvent {
        let file = AuditResource::new("file", owner);
        let event = self.event(tenant).with_actor(AuditParty::user(actor));
        event.with_resource(file).with_owner(AuditParty::user(owner))
    }

    async fn record(&self, events: &[AuditEvent]) {
        self.log.record(events).await.expect("recorded");
    }

    async fn find(&self, tenant: TenantId, query: AuditQuery) -> Vec<AuditEvent> {
        let found = self.log.find(tenant, &query).await.expect("found");
        found.iter().map(ChainedEvent::event).cloned().collect()
    }

    /// The numbers of all entries, as one page follows another.
    async fn pages(&self, tenant: TenantId, query: AuditQuery) -> Vec<u64> {
        let (mut next, mut seen) = (query.clone(), Vec::new());
        loop {
            let page = self.log.find(tenant, &next).await.expect("found");
            let Some(last) = page.last() else { return seen };
            next = query.clone().after(last.sequence());
            seen.extend(page.iter().map(ChainedEvent::sequence));
        }
    }

    async fn verify(&self, tenant: TenantId, kept: Option<&ChainHead>) -> ChainVerdict {
        self.log.verify(tenant, kept).await.expect("checked")
    }

    async fn whole(&self, tenant: TenantId) -> ChainHead {
        match self.verify(tenant, None).await {
            ChainVerdict::Whole(head) => head,
            ChainVerdict::Broken(broken) => panic!("{broken}"),
        }
    }
}

/// An event with something in every field.
pub(crate) fn full(event: AuditEvent) -> AuditEvent {
    event
        .with_outcome(AuditOutcome::Denied)
        .with_actor(AuditParty::new(ActorKind::System, "support:1"))
        .with_on_behalf_of(AuditParty::user("ada"))
        .with_resource(AuditResource::new("patient:file", "17:a"))
        .with_owner(AuditParty::new(ActorKind::ApiKey, "key_1"))
        .with_client_addr("2001:db8::1".parse().expect("an address"))
        .with_request_id(RequestId::parse("r_17").expect("an id"))
        .with_times(3.try_into().expect("not zero"))
        .with_change("name", Some("Ada"), Some("Ada \"the first\""))
        .with_change("note", None, Some(""))
        .with_change("gone", Some("x"), None)
        .with_detail("via", "jwt")
        .with_detail("limit", "principal")
        .with_omitted(2)
}

/// Runs the suite against what `$bench`, an expression in an async block, makes.
macro_rules! audit_contract {
    ($bench:expr) => {
        crate::contract::audit::audit_contract!(@tests $bench;
            keeps_every_field,
            finds_by_every_part,
            who_looked_at_anothers_data_is_one_query,
            finds_page_by_page,
            takes_an_event_once,
            chains_each_tenant_by_itself,
            a_crowd_forks_no_chain,
            a_kept_head_must_be_in_the_chain,
            hostile_text_stays_text,
            cancelled_records_leave_the_chain_whole,
        );
    };
    (@tests $bench:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::contract::audit::$name(&async { $bench }.await).await;
            }
        )*
    };
}
pub(crate) use audit_contract;

pub(crate) async fn keeps_every_field(bench: &AuditBench) {
    let event = full(bench.event(bench.harbor));
    let plain = bench.event(bench.riverside);
    bench.record(&[event.clone(), plain.clone()]).await;
    assert_eq!(bench.find(bench.harbor, AuditQuery::new()).await, [event]);
    assert_eq!(bench.find(bench.riverside, AuditQuery::new()).await, [plain]);
    assert!(bench.find(TenantId::PLATFORM, AuditQuery::new()).await.is_empty());
}

pub(crate) async fn finds_by_every_part(bench: &AuditBench) {
    let AuditBench { harbor, riverside, clock, .. } = bench;
    let early = clock.now();
    let first = bench.read_by(*harbor, "ada", "ada");
    clock.advance(Duration::from_micros(1));
    let later = clock.now();
    let second = bench.read_by(*harbor, "bob", "ada");
    let third = AuditEvent::new(*harbor, EDITED, later).with_actor(AuditParty::user("bob"));
    // The neighbour has the same names.
    let others = [bench.read_by(*riverside, "bob", "ada"), bench.read_by(*riverside, "ada", "ada")];
    bench.record(&[first.clone(), second.clone(), third.clone()]).await;
    bench.record(&others).await;

    let all = AuditQuery::new;
    for (query, expected) in [
        (all(), vec![&first, &second, &third]),
        (all().actor(AuditParty::user("ada")), vec![&first]),
        (all().actor(AuditParty::user("bob")), vec![&second, &third]),
        (all().actor(AuditParty::new(ActorKind::ApiKey, "bob")), vec![]),
        (all().owner(AuditParty::user("ada")), vec![&first, &second]),
        (all().resource(AuditResource::new("file", "ada")), vec![&first, &second]),
        (all().resource(AuditResource::new("file", "bob")), vec![]),
        (all().action(EDITED), vec![&third]),
        (all().since(later), vec![&second, &third]),
        (all().until(later), vec![&first]),
        (all().since(early).until(later).action(EDITED), vec![]),
        (all().actor(AuditParty::user("bob")).action(EDITED).since(early), vec![&third]),
    ] {
        let found = bench.find(*harbor, query.clone()).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query:?}");
    }
}

pub(crate) async fn who_looked_at_anothers_data_is_one_query(bench: &AuditBench) {
    let AuditBench { harbor, riverside, .. } = bench;
    let own = bench.read_by(*harbor, "ada", "ada");
    let colleague = bench.read_by(*harbor, "bob", "ada");
    let support = own.clone().with_id(uuid::Uuid::now_v7());
    // Support in Ada's account is not Ada.
    let support = support
        .with_actor(AuditParty::new(ActorKind::System, "support"))
        .with_on_behalf_of(AuditParty::user("ada"));
    let stranger = bench.event(*harbor).with_owner(AuditParty::user("ada"));
    let of_nobody = bench.event(*harbor).with_actor(AuditParty::user("bob"));
    let elsewhere = bench.read_by(*riverside, "bob", "ada");
    let all = [own, colleague.clone(), support.clone(), stranger.clone(), of_nobody];
    bench.record(&all).await;
    bench.record(std::slice::from_ref(&elsewhere)).await;
    let query = AuditQuery::new().by_others();
    assert_eq!(bench.find(*harbor, query.clone()).await, [colleague, support, stranger]);
    assert_eq!(bench.find(*riverside, query).await, [elsewhere]);
}

pub(crate) async fn finds_page_by_page(bench: &AuditBench) {
    let AuditBench { harbor, riverside, .. } = bench;
    for _ in 0..7 {
        bench.record(&[bench.event(*harbor), bench.event(*riverside)]).await;
    }
    let oldest = AuditQuery::new().limit(3);
    assert_eq!(bench.pages(*harbor, oldest.clone()).await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(bench.pages(*harbor, oldest.newest_first()).await, [7, 6, 5, 4, 3, 2, 1]);
    let nothing = AuditQuery::new().newest_first().after(1);
    assert_eq!(bench.find(*riverside, nothing).await, []);
}

/// A sink that lost its answer is asked again with the same events.
pub(crate) async fn takes_an_event_once(bench: &AuditBench) {
    let AuditBench { harbor, riverside, .. } = bench;
    let [one, two, three] = [(); 3].map(|()| bench.event(*harbor));
    let elsewhere = bench.event(*riverside);
    bench.record(&[one.clone(), elsewhere.clone(), two.clone()]).await;
    bench
        .record(&[one.clone(), two.clone(), three.clone(), three.clone(), elsewhere.clone()])
        .await;
    bench.record(std::slice::from_ref(&elsewhere)).await;
    assert_eq!(bench.find(*harbor, AuditQuery::new()).await, [one, two, three]);
    assert_eq!(bench.find(*riverside, AuditQuery::new()).await, [elsewhere]);
    assert_eq!(bench.whole(*harbor).await.sequence(), 3);
}

pub(crate) async fn chains_each_tenant_by_itself(bench: &AuditBench) {
    let AuditBench { harbor, riverside, .. } = bench;
    let platform = TenantId::PLATFORM;
    for tenant in [*harbor, *riverside, platform] {
        assert_eq!(bench.whole(tenant).await, ChainHead::genesis(tenant));
    }
    // More than one statement takes, in a mix.
    let mixed: Vec<_> = (0..210).map(|at| [*harbor, *riverside, platform][at % 3]).collect();
    let events: Vec<_> = mixed.iter().map(|tenant| bench.event(*tenant)).collect();
    bench.record(&events).await;
    for tenant in [*harbor, *riverside, platform] {
        let head = bench.whole(tenant).await;
        assert_eq!((head.tenant(), head.sequence()), (tenant, 70));
        assert_eq!(bench.log.head(tenant).await.expect("read"), head);
        let own: Vec<_> = events.iter().filter(|event| event.tenant() == tenant).collect();
        let found = bench.find(tenant, AuditQuery::new()).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), own, "in their order");
    }
}

/// Writers of many nodes append at once.
pub(crate) async fn a_crowd_forks_no_chain(bench: &AuditBench) {
    const WRITERS: u64 = 12;
    const EACH: u64 = 10;
    let tenants = [bench.harbor, bench.riverside];
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let log = bench.log.clone();
            let at = bench.clock.now();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let events =
                        tenants.map(|tenant| AuditEvent::new(tenant, AuditAction::DATA_READ, at));
                    log.record(&events).await.expect("recorded");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("it ended well");
    }
    for tenant in tenants {
        assert_eq!(bench.whole(tenant).await.sequence(), WRITERS * EACH);
        let found = bench.find(tenant, AuditQuery::new().limit(1_000)).await;
        let ids: HashSet<_> = found.iter().map(AuditEvent::id).collect();
        assert_eq!(ids.len() as u64, WRITERS * EACH);
    }
}

pub(crate) async fn a_kept_head_must_be_in_the_chain(bench: &AuditBench) {
    let AuditBench { harbor, riverside, .. } = bench;
    bench.record(&[bench.event(*harbor), bench.event(*riverside)]).await;
    let kept = bench.whole(*harbor).await;
    let foreign = bench.whole(*riverside).await;
    bench.record(&[bench.event(*harbor)]).await;
    assert!(bench.verify(*harbor, Some(&kept)).await.is_whole());
    let now = bench.whole(*harbor).await;
    assert!(bench.verify(*harbor, Some(&now)).await.is_whole());
    assert!(bench.verify(*harbor, Some(&ChainHead::genesis(*harbor))).await.is_whole());

    let fault = async |kept: ChainHead| {
        let verdict = bench.verify(*harbor, Some(&kept)).await;
        verdict.broken().map(|broken| (broken.sequence, broken.fault))
    };
    let longer = ChainHead::new(*harbor, 3, now.hash());
    assert_eq!(fault(longer).await, Some((3, ChainFault::Truncated)));
    let another = ChainHead::new(*harbor, 1, foreign.hash());
    assert_eq!(fault(another).await, Some((1, ChainFault::Replaced)));
    assert!(fault(foreign).await.is_some(), "another tenant's head proves nothing");
}

pub(crate) async fn hostile_text_stays_text(bench: &AuditBench) {
    let AuditBench { harbor, riverside, .. } = bench;
    let huge = "9".repeat(1_000_000);
    for text in
        ["\n2026-11-25 INFO forged", "\0", "'; DROP TABLE x; --", "\u{202e}lios", "a\r\n\tb", &huge]
    {
        for tenant in [*harbor, *riverside] {
            let event = bench
                .event(tenant)
                .with_actor(AuditParty::user(text))
                .with_owner(AuditParty::user("ada"))
                .with_resource(AuditResource::new(text, text))
                .with_change(text, Some(text), Some(text))
                .with_detail(text, text);
            bench.record(std::slice::from_ref(&event)).await;
            let query = AuditQuery::new().actor(AuditParty::user(text));
            let query = query.resource(AuditResource::new(text, text));
            let found = bench.find(tenant, query).await;
            assert_eq!(found, std::slice::from_ref(&event));
            let said = format!("{event:?}");
            assert!(said.len() < 6_000, "{}", said.len());
            for (name, value) in event.details() {
                assert!(!(name.to_owned() + value).contains(char::is_control));
            }
        }
    }
    let flood = (0..1_000).fold(bench.event(*harbor), |event, at| {
        event.with_detail(&at.to_string(), "x").with_change("field", None, Some("x"))
    });
    assert_eq!(flood.details().len(), AuditEvent::MAX_DETAILS);
    assert_eq!(flood.changes().len(), AuditEvent::MAX_CHANGES);
    assert_eq!(flood.omitted(), 984 + 950);
    bench.record(std::slice::from_ref(&flood)).await;
    assert!(bench.find(*harbor, AuditQuery::new()).await.contains(&flood));
    assert!(bench.verify(*harbor, None).await.is_whole());
    assert!(bench.verify(*riverside, None).await.is_whole());
}

/// A call that is dropped may have recorded; what is there stays a chain, with each event once.
pub(crate) async fn cancelled_records_leave_the_chain_whole(bench: &AuditBench) {
    let AuditBench { harbor, riverside, .. } = bench;
    for turn in 0..40_u32 {
        let events = [bench.event(*harbor), bench.event(*riverside), bench.event(*harbor)];
        let patience = Duration::from_micros(u64::from(turn) * 150);
        let cut = tokio::time::timeout(patience, bench.log.record(&events)).await;
        drop(cut);
        bench.record(&events).await;
    }
    for (tenant, count) in [(*harbor, 80), (*riverside, 40)] {
        assert_eq!(bench.whole(tenant).await.sequence(), count);
    }
}
