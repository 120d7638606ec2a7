//! Sealed binding: injected SQL that names another tenant.

use tenancy_sqlx::probe::{Gravity, Probe};
use tenancy_sqlx::{SealKey, TenantDb};

use super::world::{LEDGER, assert_found, register};
use crate::harness::{Database, Engine, address, variable};

#[tokio::test]
async fn a_seal_that_holds_and_a_policy_that_does_not_ask_for_it() {
    let key = SealKey::new(1, &[7; 32]).expect("a key");
    let database = Database::create(Engine::Postgres).await;
    let (name, owner) = (database.name(), format!("{}_owner", database.name()));
    let mut admin = database.admin().await;
    admin.run(format!("CREATE ROLE {owner} LOGIN PASSWORD 'x'")).await;
    admin.run(format!("ALTER DATABASE {name} OWNER TO {owner}")).await;
    let server = address(&variable("DATABASE_URL"));
    let open = async |url: String| -> TenantDb {
        let options = register(database.bare_options()).sealed(key.clone());
        options.connect(&url).await.expect("it answers")
    };
    let as_owner = open(format!("postgres://{owner}:x@{server}/{name}")).await;
    as_owner.migrate(&[LEDGER]).await.expect("migrated");
    as_owner.grant_to("tenancy_test").await.expect("granted");
    as_owner.close().await;

    let db = open(database.url().to_owned()).await;
    Probe::new(&db).run().await.expect("it answers").assert_clean();

    admin
        .run(
            "ALTER POLICY tenancy_isolation ON entries USING
             (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)",
        )
        .await;
    let report = Probe::new(&db).run().await.expect("it answers");
    db.close().await;
    let mut admin = database.admin().await;
    admin
        .run(format!(
            "ALTER DATABASE {name} OWNER TO CURRENT_USER; DROP OWNED BY {owner} CASCADE;
             DROP ROLE {owner}"
        ))
        .await;
    for way in ["by SET", "by set_config", "by a new transaction"] {
        assert_found(&report, Gravity::Leak, "entries", way, "TenantDb::migrate");
    }
    assert!(report.leaks().all(|leak| leak.place().contains("entries")), "{report}");
}
