//! What start-up refuses, and that it says what to do.

use tenancy_core::{Error, ErrorKind};
use tenancy_sqlx::{TenantDb, TenantEntity};

use crate::harness::{Database, Engine, NOTES, Note, two_tenants, variable};

async fn opened() -> (Database, TenantDb) {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    (database, db)
}

/// Opens the database as another instance of the program would, without migrating.
async fn first_statement(database: &Database) -> Result<u64, Error> {
    let db = database.options().connect(database.url()).await?;
    db.read(two_tenants().0).repo::<Note>().count().await
}

fn assert_refused<T>(result: Result<T, Error>, says: &str) {
    let Err(error) = result else { panic!("it must be refused: {says}") };
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
    assert!(error.message().contains(says), "{}", error.message());
}

#[tokio::test]
async fn refuses_a_superuser() {
    let database = Database::create(Engine::Postgres).await;
    let url = variable("DATABASE_URL");
    let (server, _) = url.rsplit_once('/').expect("a database");
    let db = database.options().connect(&format!("{server}/{}", database.name())).await;
    let db = db.expect("it answers");
    assert_refused(db.migrate(&[NOTES]).await, "CREATE ROLE");
    assert_refused(db.read(two_tenants().0).repo::<Note>().count().await, "superuser");
}

#[tokio::test]
async fn refuses_a_role_that_may_become_a_superuser() {
    let (database, db) = opened().await;
    db.close().await;
    let (role, boss) = (format!("{}_role", database.name()), format!("{}_boss", database.name()));
    let mut admin = database.admin().await;
    admin.run(format!("CREATE ROLE {boss} SUPERUSER")).await;
    admin.run(format!("CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE {boss}")).await;
    let url = database.url().replace("tenancy_test:tenancy_test@", &format!("{role}:x@"));
    let db = database.options().connect(&url).await.expect("it answers");
    let refused = db.read(two_tenants().0).repo::<Note>().count().await;
    db.close().await;
    admin.run(format!("DROP ROLE {role}; DROP ROLE {boss}")).await;
    assert_refused(refused, "may become");
}

#[tokio::test]
async fn refuses_a_table_that_is_not_guarded() {
    for (sabotage, says) in [
        ("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY", "does not bind the owner"),
        ("ALTER TABLE notes DISABLE ROW LEVEL SECURITY", "is off"),
        ("DROP POLICY tenancy_isolation ON notes", "missing or altered"),
        ("ALTER POLICY tenancy_isolation ON notes USING (true)", "missing or altered"),
        ("ALTER POLICY tenancy_isolation ON notes TO tenancy_test", "missing or altered"),
        ("CREATE POLICY backdoor ON notes USING (true)", "another permissive policy"),
        ("DROP TABLE notes", "does not exist"),
    ] {
        let (database, db) = opened().await;
        db.close().await;
        assert_eq!(first_statement(&database).await.expect("guarded"), 0);
        database.admin().await.run(sabotage).await;
        assert_refused(first_statement(&database).await, says);
    }
}

#[tokio::test]
async fn migrate_mends_what_it_may() {
    let (database, db) = opened().await;
    let mut admin = database.admin().await;
    admin.run("ALTER POLICY tenancy_isolation ON notes USING (true)").await;
    admin.run("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY").await;
    db.close().await;
    database.notes().await.close().await;
    assert_eq!(first_statement(&database).await.expect("guarded again"), 0);
}

#[tokio::test]
async fn refuses_an_entity_that_is_not_registered() {
    #[derive(Debug, TenantEntity)]
    #[tenant(table = "strangers")]
    struct Stranger {
        #[tenant(key)]
        id: i64,
        tenant_id: tenancy_core::TenantId,
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::create(engine).await;
        let db = database.notes().await;
        let mut tx = db.tenant(two_tenants().0);
        assert_refused(tx.repo::<Stranger>().get(&1).await, ".register::<");
    }
}

#[tokio::test]
async fn refuses_urls_it_cannot_read_and_keeps_their_password() {
    for url in ["oracle://u:hunter2@h/d", "", "postgres://u:hunter2@h:notaport/d"] {
        let error = TenantDb::options().connect(url).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
