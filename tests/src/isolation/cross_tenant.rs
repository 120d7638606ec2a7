//! Reading all tenants: with a bypass, as another role, and on record.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::audit::{
    AuditAction, AuditLog, AuditQuery, Auditor, ChainedEvent, MemoryAuditLog,
};
use tenancy_core::{
    Actor, ActorKind, Bypass, BypassAuthority, BypassPurpose, ErrorKind, ManualClock,
    MemoryDirectory, Page, Placement, ServerName, TenantId,
};
use tenancy_sqlx::TenantDb;

use crate::harness::{
    Admin, Database, Engine, NOTES, Note, count_notes, placed, two_tenants, write_note,
};

#[derive(Debug)]
enum Reports {}

impl BypassPurpose for Reports {
    const NAME: &'static str = "reports";
}

struct Office {
    log: MemoryAuditLog,
    clock: Arc<ManualClock>,
    authority: BypassAuthority,
}

impl Office {
    fn new() -> Self {
        let (log, clock) = (MemoryAuditLog::new(), Arc::new(ManualClock::at_unix(1_800_000_000)));
        let auditor = Auditor::options().clock(clock.clone()).build(log.clone());
        let authority = BypassAuthority::new(auditor).clock(clock.clone());
        Self { log, clock, authority }
    }

    async fn bypass(&self) -> Bypass<Reports> {
        let officer = Actor::new(ActorKind::User, "officer");
        let reason = "the regulator's monthly report";
        let granted = self.authority.grant(officer, reason, Duration::from_mins(10)).await;
        granted.expect("granted")
    }

    /// What the uses of bypasses say in a log.
    async fn uses(&self, whose: TenantId) -> Vec<String> {
        let found = self.log.find(whose, &AuditQuery::new()).await.expect("a log");
        let events = found.iter().map(ChainedEvent::event);
        let uses = events.filter(|event| *event.action() == AuditAction::BYPASS_USED);
        uses.map(|event| {
            let what = event.details().find(|(name, _)| *name == "what");
            what.map(|(_, what)| what.to_string()).unwrap_or_default()
        })
        .collect()
    }
}

/// A role of its own for each database: rights of others must not matter.
async fn role(database: &Database, rights: &str, grants: &str) -> String {
    let role = format!("{}_reports", database.name());
    let mut admin = database.admin().await;
    admin.run(format!("CREATE ROLE {role} LOGIN PASSWORD 'x' {rights}")).await;
    admin.run(grants.replace("ROLE", &role)).await;
    database.url().replace("tenancy_test:tenancy_test@", &format!("{role}:x@"))
}

async fn drop_role(database: &Database) {
    let role = format!("{}_reports", database.name());
    database.admin().await.run(format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

async fn open(database: &Database, url: &str) -> TenantDb {
    let options = database.options().cross_tenant(url);
    options.connect(database.url()).await.expect("it answers")
}

#[tokio::test]
async fn reads_all_tenants_and_each_use_is_on_record() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::MySql] {
        let (database, office) = (Database::create(engine).await, Office::new());
        database.notes().await.close().await;
        let url = match engine {
            Engine::Postgres => role(&database, "BYPASSRLS", "GRANT SELECT ON notes TO ROLE").await,
            _ => database.url().to_owned(),
        };
        let db = open(&database, &url).await;
        let (a, b) = two_tenants();
        for (tenant, id) in [(a, 1), (a, 2), (b, 1), (b, 2), (b, 3)] {
            write_note(&db, tenant, id).await;
        }

        let mut tx = db.cross_tenant(office.bypass().await).await.expect("opened");
        let mut notes = tx.repo::<Note>();
        assert_eq!(notes.count().await.expect("a count"), 5);
        assert_eq!(notes.count_by_tenant().await.expect("counts"), [(a, 2), (b, 3)]);
        let one = notes.get(b, &3).await.expect("a read").expect("there");
        assert_eq!((one.tenant_id, one.id), (b, 3));
        assert_eq!(notes.get(a, &3).await.expect("a read"), None);

        // Pages follow tenant and key, both ways, and miss and repeat nothing.
        for (mut page, turned) in [(Page::oldest(2), false), (Page::newest(2), true)] {
            let mut seen = Vec::new();
            loop {
                let slice = notes.list(page.clone()).await.expect("a list");
                seen.extend(slice.items.iter().map(|note| (note.tenant_id, note.id)));
                if !slice.has_more {
                    break;
                }
                page = page.after(*seen.last().expect("a row"));
            }
            if turned {
                seen.reverse();
            }
            assert_eq!(seen, [(a, 1), (a, 2), (b, 1), (b, 2), (b, 3)]);
        }
        tx.close().await.expect("closed");

        let uses = office.uses(TenantId::PLATFORM).await;
        let expected = [
            "open a transaction over all tenants",
            "count notes of all tenants",
            "count notes of each tenant",
            "list notes of all tenants",
        ];
        for what in expected {
            assert!(uses.iter().any(|one| one == what), "{what}: {uses:?}");
        }
        // A tenant finds in its own log that its row was read, and not what concerns another.
        assert_eq!(office.uses(a).await.len(), 1);
        assert_eq!(office.uses(b).await, ["read a row of notes"]);
        // The tenants' own transactions are what they were.
        assert_eq!((count_notes(&db, a).await, count_notes(&db, b).await), (2, 3));
        db.close().await;
        if engine == Engine::Postgres {
            drop_role(&database).await;
        }
    }
}

#[tokio::test]
async fn an_expired_bypass_reads_nothing_more() {
    let (database, office) = (Database::create(Engine::Sqlite).await, Office::new());
    database.notes().await.close().await;
    let db = open(&database, database.url()).await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    let late = office.bypass().await;
    let mut tx = db.cross_tenant(office.bypass().await).await.expect("opened");
    assert_eq!(tx.repo::<Note>().count().await.expect("a count"), 2);
    office.clock.advance(Duration::from_mins(11));
    let error = tx.repo::<Note>().count().await.expect_err("expired");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let error = tx.repo::<Note>().get(a, &1).await.expect_err("expired");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(db.cross_tenant(late).await.expect_err("expired").kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn without_an_address_of_its_own_it_refuses() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (database, office) = (Database::create(engine).await, Office::new());
        let db = database.notes().await;
        for tenant in [two_tenants().0, two_tenants().1] {
            write_note(&db, tenant, 1).await;
        }
        let error = db.cross_tenant(office.bypass().await).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.message().contains(".cross_tenant(url)"), "{}", error.message());
        let elsewhere = database.options().cross_tenant(match engine {
            Engine::Sqlite => "postgres://u:hunter2@localhost/d",
            _ => "sqlite::memory:",
        });
        assert!(!format!("{elsewhere:?}").contains("hunter2"), "{elsewhere:?}");
        let error = elsewhere.connect(database.url()).await.expect_err("another database");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
    }
}

/// Each could do more than it is for, or would show nothing and look like an empty platform.
#[tokio::test]
async fn refuses_a_role_that_does_not_fit() {
    for (rights, grants, says) in [
        ("SUPERUSER", "", "superuser"),
        ("BYPASSRLS REPLICATION", "GRANT SELECT ON notes TO ROLE", "replicates"),
        ("", "GRANT SELECT ON notes TO ROLE", "would hide all rows"),
        ("BYPASSRLS", "", "may not read the table \"notes\""),
        ("BYPASSRLS", "GRANT SELECT, DELETE ON notes TO ROLE", "may change the table \"notes\""),
        ("BYPASSRLS", "GRANT SELECT, UPDATE (title) ON notes TO ROLE", "may change"),
        (
            "BYPASSRLS",
            "GRANT SELECT ON notes TO ROLE; GRANT pg_read_server_files TO ROLE",
            "may become one",
        ),
    ] {
        let (database, office) = (Database::create(Engine::Postgres).await, Office::new());
        let db = database.notes().await;
        let (a, b) = two_tenants();
        write_note(&db, a, 1).await;
        write_note(&db, b, 1).await;
        db.close().await;
        let url = role(&database, rights, grants).await;
        let db = open(&database, &url).await;
        let error = db.cross_tenant(office.bypass().await).await.expect_err(says);
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{says}: {error:?}");
        assert!(error.message().contains(says), "{says}: {}", error.message());
        db.close().await;
        drop_role(&database).await;
    }
}

/// The tenants' role with the address of the reports' would be a door for every injection.
#[tokio::test]
async fn the_tenants_role_cannot_be_the_one_that_crosses() {
    let (database, office) = (Database::create(Engine::Postgres).await, Office::new());
    database.notes().await.close().await;
    let url = role(&database, "BYPASSRLS", "GRANT SELECT ON notes TO ROLE").await;
    let db = open(&database, &url).await;
    // Its role stays bound, and a bypass opens nothing with it.
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    let mut plain = Admin::at(database.url()).await;
    assert_eq!(plain.count("SELECT count(*) FROM notes").await, 0);
    let own = open(&database, database.url()).await;
    let error = own.cross_tenant(office.bypass().await).await.expect_err("refused");
    assert!(error.message().contains("would hide all rows"), "{}", error.message());
    // And a member of the one that crosses is no role for tenants.
    let role = format!("{}_reports", database.name());
    let app = format!("{}_app", database.name());
    let mut admin = database.admin().await;
    admin.run(format!("CREATE ROLE {app} LOGIN PASSWORD 'x' IN ROLE {role}")).await;
    let member = database.url().replace("tenancy_test:tenancy_test@", &format!("{app}:x@"));
    let member = database.options().connect(&member).await.expect("it answers");
    let error = member.read(a).repo::<Note>().count().await.expect_err("refused");
    assert!(error.message().contains("may become"), "{}", error.message());
    for db in [db, own, member] {
        db.close().await;
    }
    admin.run(format!("DROP ROLE {app}")).await;
    drop_role(&database).await;
}

/// A transaction says which server it reads, and reads no other.
#[tokio::test]
async fn each_server_is_read_by_itself() {
    let office = Office::new();
    let (near, far) =
        (Database::create(Engine::Postgres).await, Database::create(Engine::Postgres).await);
    let name = ServerName::parse("far").expect("a name");
    let bare = near.options().server("far", far.url()).connect(near.url()).await;
    let bare = bare.expect("it answers");
    bare.migrate(&[NOTES]).await.expect("migrated");
    bare.migrate_server(&name, &[NOTES]).await.expect("migrated");
    let grant = "GRANT SELECT ON notes TO ROLE";
    let urls = [role(&near, "BYPASSRLS", grant).await, role(&far, "BYPASSRLS", grant).await];
    let options = near.options().server("far", far.url());
    let options = options.cross_tenant(urls[0].as_str()).cross_tenant_at("far", urls[1].as_str());
    let (a, b) = two_tenants();
    let directory = MemoryDirectory::new();
    directory.insert(placed(a, Placement::row())).expect("inserted");
    directory.insert(placed(b, Placement::row().on(name.clone()))).expect("inserted");
    let db = options.connect(near.url()).await.expect("it answers");
    let db = db.with_directory(Arc::new(directory));
    write_note(&db, a, 1).await;
    for id in 1..=2 {
        write_note(&db, b, id).await;
    }

    let mut tx = db.cross_tenant(office.bypass().await).await.expect("opened");
    assert_eq!(tx.server(), None);
    assert_eq!(tx.repo::<Note>().count_by_tenant().await.expect("counts"), [(a, 1)]);
    tx.close().await.expect("closed");
    let mut tx = db.cross_tenant_at(&name, office.bypass().await).await.expect("opened");
    assert_eq!(tx.server(), Some(&name));
    assert_eq!(tx.repo::<Note>().count_by_tenant().await.expect("counts"), [(b, 2)]);
    assert!(tx.repo::<Note>().get(a, &1).await.expect("a read").is_none(), "it is elsewhere");
    tx.close().await.expect("closed");

    let uses = office.uses(TenantId::PLATFORM).await;
    let at_far = uses.iter().filter(|what| what.ends_with("at the server far")).count();
    assert_eq!((uses.len(), at_far), (4, 2), "{uses:?}");
    assert_eq!(office.uses(a).await, ["read a row of notes, at the server far"]);
    // No address there: nothing is read by another way.
    let error = bare.cross_tenant_at(&name, office.bypass().await).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.message().contains(".cross_tenant_at(server, url)"), "{error:?}");
    for database in [&near, &far] {
        drop_role(database).await;
    }
}
