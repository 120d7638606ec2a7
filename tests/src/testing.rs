//! The databases that the library makes for the tests of an application.

use tenancy_core::Page;
use tenancy_sqlx::TenantDb;
use tenancy_sqlx::testing::TestDatabases;

use crate::harness::{Admin, Database, Engine, MySqlAdmin, NOTES, Note, write_note};

/// Databases of a server, as the role of the tests.
async fn databases(engine: Engine) -> TestDatabases {
    let url = if engine == Engine::Sqlite {
        "sqlite:".to_owned()
    } else {
        // It makes the role, and tells the address.
        let database = Database::create(engine).await;
        let (server, _) = database.url().rsplit_once('/').expect("a database");
        if engine == Engine::MySql {
            let grant = "GRANT ALL ON `tenancy\\_test\\_%`.* TO tenancy_test@'%'";
            MySqlAdmin::of("mysql").await.run(grant).await;
        }
        let any = if engine == Engine::Postgres { "postgres" } else { "information_schema" };
        format!("{server}/{any}")
    };
    TestDatabases::new(url, || TenantDb::options().register::<Note>(), &[NOTES])
}

const ENGINES: [Engine; 3] = [Engine::Sqlite, Engine::MySql, Engine::Postgres];

#[tokio::test]
async fn each_test_has_tables_and_nobody_elses_rows() {
    for engine in ENGINES {
        let databases = databases(engine).await;
        let (first, second) =
            tokio::try_join!(databases.create(), databases.create()).expect("made at once");
        let [a, b] = first.tenants();
        assert_ne!(a, b);
        for tenant in [a, b] {
            write_note(first.db(), tenant, 1).await;
        }
        for tenant in [a, b] {
            let notes = first.db().read(tenant).repo::<Note>().list(Page::oldest(10)).await;
            assert_eq!(notes.expect("a list").items, [Note::new(tenant, 1)], "{engine:?}");
            let elsewhere = second.db().read(tenant).repo::<Note>().count().await;
            assert_eq!(elsewhere.expect("a count"), 0, "{engine:?}");
        }
    }
}

#[tokio::test]
async fn a_copy_is_guarded_as_its_template() {
    let databases = databases(Engine::Postgres).await;
    let first = databases.create().await.expect("made");
    let second = databases.create().await.expect("made from the template");
    for test in [&first, &second] {
        test.db().verify().await.expect("guarded");
        tenancy_sqlx::probe::Probe::new(test.db()).run().await.expect("run").assert_clean();
    }
    // The template is there for the next.
    let templates = "SELECT count(*) FROM pg_database WHERE datname LIKE 'tenancy\\_template\\_%'";
    assert!(Admin::of("postgres").await.count(templates).await >= 1);
}

#[tokio::test]
async fn a_database_is_gone_with_its_value() {
    for engine in ENGINES {
        let databases = databases(engine).await;
        let test = databases.create().await.expect("made");
        let [a, b] = test.tenants();
        let url = test.url().to_owned();
        for tenant in [a, b] {
            write_note(test.db(), tenant, 1).await;
        }
        // Somebody holds a transaction in it.
        let mut held = test.db().tenant(a);
        held.repo::<Note>().insert(Note::new(a, 2)).await.expect("inserted");
        drop(test);
        let options = TenantDb::options().register::<Note>();
        let reopened = options.connect(&url.replace("mode=rwc", "mode=rw")).await;
        assert!(reopened.is_err(), "{engine:?}: it is still there");
        drop(held);
    }
}

#[tokio::test]
async fn a_url_that_cannot_be_read_keeps_its_password() {
    for url in ["oracle://u:hunter2@h/d", "postgres://u:hunter2@h", "mysql://u:hunter2@h:no/d"] {
        let databases = TestDatabases::new(url, TenantDb::options, &[NOTES]);
        let error = databases.create().await.expect_err("refused");
        assert!(!format!("{error:?}{databases:?}").contains("hunter2"), "{error:?}");
    }
}
