//! The directory in SQL: domains, sessions, rotation of keys, and the order of changes.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{
    Actor, ActorKind, ApiKey, ApiKeySecret, BusEvent, CacheOptions, CachedDirectory, Clock as _,
    ErrorKind, Host, InvalidationBus as _, ManualClock, MemoryInvalidationBus, Overrides,
    PlanCatalogue, Session, SessionSecret, Tenant, TenantDirectory, TenantId, TenantKey,
    TenantSlug, TenantStatus,
};
use tenancy_sqlx::SqlDirectory;

use super::source::{by_slug, tenant};
use crate::harness::{Database, Engine};

const ENGINES: [Engine; 4] = [Engine::Sqlite, Engine::MySql, Engine::Postgres, Engine::PgBouncer];

/// A directory with north and south in it, and another node on the same database.
struct Pair {
    _database: Database,
    one: SqlDirectory,
    other: SqlDirectory,
    north: TenantId,
    south: TenantId,
}

impl Pair {
    async fn on(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let one = SqlDirectory::new(database.notes().await, PlanCatalogue::example());
        let other = SqlDirectory::new(database.notes().await, PlanCatalogue::example());
        let [north, south] = ["north", "south"].map(tenant);
        for tenant in [&north, &south] {
            one.insert(tenant).await.unwrap();
        }
        Self { _database: database, one, other, north: north.id(), south: south.id() }
    }
}

async fn find(directory: &SqlDirectory, key: TenantKey) -> Option<tenancy_core::DirectoryEntry> {
    directory.find(&key).await.unwrap()
}

#[tokio::test]
async fn a_domain_belongs_to_one_tenant() {
    let host = |name| Host::parse_name(name).unwrap();
    for engine in ENGINES {
        let Pair { one, other, north, south, .. } = &Pair::on(engine).await;
        one.insert_domain(*north, &host("pay.north.example")).await.unwrap();
        one.insert_domain(*north, &host("shop.north.example")).await.unwrap();
        for taker in [north, south] {
            let taken = one.insert_domain(*taker, &host("pay.north.example")).await.unwrap_err();
            assert_eq!(taken.kind(), ErrorKind::Conflict);
        }
        let key = TenantKey::Domain(host("pay.north.example"));
        let found = find(other, key.clone()).await.unwrap().tenant;
        assert_eq!((found.id(), found.domains().len(), found.version()), (*north, 2, 3));
        // South cannot take away what is north's.
        assert!(!one.remove_domain(*south, &host("pay.north.example")).await.unwrap());
        assert!(find(other, key.clone()).await.is_some());
        assert!(one.remove_domain(*north, &host("pay.north.example")).await.unwrap());
        assert!(find(other, key).await.is_none());
        one.insert_domain(*south, &host("pay.north.example")).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_is_found_until_it_is_ended_by_its_tenant() {
    let clock = ManualClock::at_unix(1_800_000_000);
    for engine in ENGINES {
        let Pair { one, other, north, south, .. } = &Pair::on(engine).await;
        let clerk = Actor::new(ActorKind::User, "clerk");
        let support = Actor::new(ActorKind::System, "support").with_scopes(["read"]);
        let mut secrets = Vec::new();
        for (tenant, actor) in [(north, clerk.clone()), (south, support.on_behalf_of(clerk))] {
            let secret = SessionSecret::generate("ses").unwrap();
            let session = Session::new("s_1", *tenant, actor, clock.now());
            one.insert_session(&secret, &session).await.unwrap();
            let key = TenantKey::SessionHash(secret.hash());
            let found = find(other, key).await.unwrap();
            assert_eq!((found.tenant.id(), found.session.as_deref()), (*tenant, Some(&session)));
            secrets.push(secret);
        }
        assert!(!one.end_session(*south, &secrets[0]).await.unwrap());
        assert!(one.end_session(*north, &secrets[0]).await.unwrap());
        assert!(find(other, TenantKey::SessionHash(secrets[0].hash())).await.is_none());
        let souths = || find(other, TenantKey::SessionHash(secrets[1].hash()));
        assert!(souths().await.is_some());

        // By its id, as it is at another tenant too.
        let later = clock.now() + time::Duration::hours(1);
        assert!(!one.extend_session(*north, "s_1", later).await.unwrap());
        assert!(one.extend_session(*south, "s_1", later).await.unwrap());
        assert_eq!(souths().await.unwrap().session.unwrap().expires_at(), later);
        assert!(!one.end_session_by_id(*north, "s_1").await.unwrap());
        assert!(souths().await.is_some());
        assert!(one.end_session_by_id(*south, "s_1").await.unwrap());
        assert!(souths().await.is_none());
        assert!(!one.end_session_by_id(*south, "s_1").await.unwrap());
    }
}

#[tokio::test]
async fn the_sessions_of_one_actor_end_at_all_tenants() {
    let clock = ManualClock::at_unix(1_800_000_000);
    for engine in ENGINES {
        let Pair { one, other, north, south, .. } = &Pair::on(engine).await;
        let (clerk, boss) =
            (Actor::new(ActorKind::User, "clerk"), Actor::new(ActorKind::User, "boss"));
        let for_clerk = Actor::new(ActorKind::System, "support").on_behalf_of(clerk.clone());
        let program = Actor::new(ActorKind::ApiKey, "clerk");
        let open = async |tenant: &TenantId, id: &str, actor: &Actor| {
            let secret = SessionSecret::generate("ses").unwrap();
            let session = Session::new(id, *tenant, actor.clone(), clock.now());
            one.insert_session(&secret, &session).await.unwrap();
            TenantKey::SessionHash(secret.hash())
        };
        let ends = [
            open(north, "s_1", &clerk).await,
            open(north, "s_2", &clerk).await,
            open(south, "s_1", &clerk).await,
        ];
        let stays = [
            open(north, "s_3", &boss).await,
            open(south, "s_2", &for_clerk).await,
            open(south, "s_3", &program).await,
        ];
        let mut ended = one.end_sessions_cross_tenant(&clerk).await.unwrap();
        ended.sort();
        let mut expected: Vec<_> = [(north, "s_1"), (north, "s_2"), (south, "s_1")]
            .map(|(tenant, id)| (*tenant, id.to_owned()))
            .into();
        expected.sort();
        assert_eq!(ended, expected, "{engine:?}");
        for key in ends {
            assert!(find(other, key).await.is_none(), "{engine:?}");
        }
        for key in stays {
            assert!(find(other, key).await.is_some(), "{engine:?}");
        }
        assert!(one.end_sessions_cross_tenant(&clerk).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn both_keys_are_good_while_they_overlap() {
    let clock = ManualClock::at_unix(1_800_000_000);
    for engine in ENGINES {
        let Pair { one, other, north, south, .. } = &Pair::on(engine).await;
        let [old, new, souths] = [(); 3].map(|()| ApiKeySecret::generate("test").unwrap());
        let narrow = |id, tenant| {
            let key = ApiKey::new(id, tenant).with_scopes(["payments:create"]);
            key.with_networks(["192.0.2.0/24"]).unwrap()
        };
        one.insert_api_key(&old, &narrow("old", *north)).await.unwrap();
        one.insert_api_key(&souths, &ApiKey::new("old", *south)).await.unwrap();
        // South has no key of that name to put in place of.
        let foreign = one.rotate_api_key("new", &new, &narrow("x", *south), clock.now()).await;
        assert_eq!(foreign.unwrap_err().kind(), ErrorKind::NotFound);

        let until = clock.now() + Duration::from_hours(1);
        one.rotate_api_key("old", &new, &narrow("new", *north), until).await.unwrap();
        let key = |secret: &ApiKeySecret| TenantKey::ApiKeyHash(secret.hash());
        let kept = find(other, key(&old)).await.unwrap().api_key.unwrap();
        assert_eq!(*kept, narrow("old", *north).with_expiry(until));
        let made = find(other, key(&new)).await.unwrap().api_key.unwrap();
        assert_eq!(*made, narrow("new", *north));
        let souths = find(other, key(&souths)).await.unwrap().api_key.unwrap();
        assert_eq!(souths.expires_at(), None);
        // A key whose end is nearer keeps it.
        let newer = ApiKeySecret::generate("test").unwrap();
        let later = until + Duration::from_hours(1);
        one.rotate_api_key("old", &newer, &narrow("newer", *north), later).await.unwrap();
        assert_eq!(
            find(other, key(&old)).await.unwrap().api_key.unwrap().expires_at(),
            Some(until)
        );
    }
}

#[tokio::test]
async fn a_status_takes_the_steps_it_may() {
    for engine in ENGINES {
        let Pair { one, other, north, south, .. } = &Pair::on(engine).await;
        let backwards = one.set_status(*north, TenantStatus::Provisioning).await.unwrap_err();
        assert_eq!((backwards.kind(), backwards.subject()), (ErrorKind::Conflict, Some("status")));
        for step in [TenantStatus::Suspended, TenantStatus::Active, TenantStatus::Closed] {
            one.set_status(*north, step).await.unwrap();
            assert_eq!(find(other, TenantKey::Id(*north)).await.unwrap().tenant.status(), step);
        }
        for next in TenantStatus::ALL {
            let refused = one.set_status(*north, next).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Conflict, "{next}");
        }
        let south = find(other, TenantKey::Id(*south)).await.unwrap().tenant;
        assert_eq!((south.status(), south.version()), (TenantStatus::Active, 1));
    }
}

#[tokio::test]
async fn of_two_who_change_a_record_the_second_reads_it_again() {
    for engine in ENGINES {
        let Pair { one, other, north, south, .. } = &Pair::on(engine).await;
        let read = find(one, TenantKey::Id(*north)).await.unwrap().tenant;
        let granted = Overrides::new().with_feature("analytics", true).with_setting("locale", "nl");
        let first = Tenant::clone(&read).with_overrides(granted).with_name("Boreal");
        assert_eq!(one.update(&first).await.unwrap(), 2);
        let second = Tenant::clone(&read).with_name("Arctic");
        let late = other.update(&second).await.unwrap_err();
        assert_eq!((late.kind(), late.subject()), (ErrorKind::Conflict, Some("version")));
        let now = find(other, TenantKey::Id(*north)).await.unwrap().tenant;
        assert_eq!((now.name(), now.setting("locale")), ("Boreal", Some("nl")));
        assert!(now.feature("analytics").is_granted());
        let south = find(other, TenantKey::Id(*south)).await.unwrap().tenant;
        assert!(!south.feature("analytics").is_granted());
        // The other tenant's slug is taken.
        let plan = now.plan().clone();
        let taken = Tenant::new(*north, TenantSlug::parse("south").unwrap(), plan).with_version(2);
        assert_eq!(one.update(&taken).await.unwrap_err().kind(), ErrorKind::Conflict);
    }
}

#[tokio::test]
async fn a_poller_misses_none_of_many_changes_at_once() {
    const CHANGES: usize = 24;
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres] {
        let pair = Arc::new(Pair::on(engine).await);
        let start = pair.one.changes_since(0).await.unwrap().revision;
        let writers: Vec<_> = (0..CHANGES)
            .map(|at| {
                let pair = pair.clone();
                tokio::spawn(async move {
                    let (node, tenant) = match at % 2 {
                        0 => (&pair.one, pair.north),
                        _ => (&pair.other, pair.south),
                    };
                    let secret = ApiKeySecret::generate("test").unwrap();
                    let key = ApiKey::new(format!("key_{at}"), tenant);
                    node.insert_api_key(&secret, &key).await.unwrap();
                })
            })
            .collect();
        let (mut revision, mut seen) = (start, Vec::new());
        while seen.len() < CHANGES {
            let changes = pair.other.changes_since(revision).await.unwrap();
            assert!(changes.revision >= revision);
            seen.extend(changes.invalidations.unwrap());
            revision = changes.revision;
        }
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(seen.len(), CHANGES);
        assert_eq!(seen.iter().filter(|change| change.tenant == pair.north).count(), CHANGES / 2);
        assert_eq!(revision, start + i64::try_from(CHANGES).unwrap());
        assert_eq!(pair.one.changes_since(revision).await.unwrap().invalidations, Some(Vec::new()));
        // From before what is kept, nobody can say.
        assert_eq!(pair.one.changes_since(-1).await.unwrap().invalidations, None);
    }
}

/// The whole way: one node suspends, another one refuses, with and without the bus.
#[tokio::test]
async fn a_suspension_in_sql_reaches_a_node_that_remembers() {
    for engine in ENGINES {
        for with_bus in [true, false] {
            let Pair { _database, one, other, north, .. } = Pair::on(engine).await;
            let bus = Arc::new(MemoryInvalidationBus::new());
            let mut heard = bus.subscribe();
            let (one, every) = if with_bus {
                (one.with_bus(bus.clone()), Duration::from_hours(1))
            } else {
                (one, Duration::from_millis(100))
            };
            let node = CachedDirectory::new(other, CacheOptions::new()).follow(Some(bus), every);
            let status =
                async |slug| node.find(&by_slug(slug)).await.unwrap().unwrap().tenant.status();
            assert_eq!(status("north").await, TenantStatus::Active);
            one.set_status(north, TenantStatus::Suspended).await.unwrap();
            if with_bus {
                let BusEvent::Invalidated(change) = heard.recv().await.unwrap() else { panic!() };
                assert_eq!((change.tenant, change.version), (north, 2));
            }
            crate::harness::eventually("the node knows", async || {
                status("north").await == TenantStatus::Suspended
            })
            .await;
            assert_eq!(status("south").await, TenantStatus::Active);
        }
    }
}

/// Work that goes through all tenants meets each once, whoever is added meanwhile.
#[tokio::test]
async fn all_tenants_are_listed_page_by_page() {
    for engine in ENGINES {
        let Pair { one, other, north, south, .. } = &Pair::on(engine).await;
        one.set_status(*north, TenantStatus::Suspended).await.unwrap();
        let mut added = Vec::new();
        for number in 0..5 {
            let tenant = tenant(&format!("added-{number}"));
            one.insert(&tenant).await.unwrap();
            added.push(tenant.id());
        }
        let mut all = [&[*north, *south][..], &added].concat();
        all.sort_unstable();
        for limit in [1, 2, 7, 1_000] {
            let mut listed: Vec<TenantId> = Vec::new();
            loop {
                let page = other.list(listed.last().copied(), limit).await.unwrap();
                assert!(page.len() <= usize::from(limit));
                if page.is_empty() {
                    break;
                }
                listed.extend(page.iter().map(|tenant| tenant.id()));
            }
            assert_eq!(listed, all, "in pages of {limit} on {engine:?}");
        }
        let first = &other.list(None, 0).await.unwrap();
        assert_eq!(first.len(), 1, "a page holds one at least");
        let found = find(other, TenantKey::Id(first[0].id())).await.unwrap();
        assert_eq!(found.tenant.status(), first[0].status());
    }
}
