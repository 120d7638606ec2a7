//! What is wrong with row-level security on Postgres, put there on purpose.

use tenancy_sqlx::probe::{Gravity, Probe};

use super::world::{World, assert_found, register};
use crate::harness::Engine;

/// Breaks something as the superuser, and holds that a leak and its cause are found.
async fn finds(sabotage: &str, leak: &str, cause: &str, remedy: &str) {
    let world = World::create(Engine::Postgres).await;
    world.probe().await.assert_clean();
    world.database.admin().await.run(sabotage).await;
    let report = world.probe().await;
    assert_found(&report, Gravity::Leak, "entries", leak, remedy);
    assert_found(&report, Gravity::Weakness, "entries", cause, remedy);
    // The other table is as it was.
    assert!(report.leaks().all(|leak| leak.place().contains("entries")), "{report}");
    let (a, b) = world.tenants;
    let mut admin = world.database.admin().await;
    for tenant in [a, b] {
        let count = format!("SELECT count(*) FROM entries WHERE tenant_id = '{tenant}'");
        assert_eq!(admin.count(count).await, 1);
    }
    assert_eq!(admin.count("SELECT count(*) FROM entries").await, 2, "rows were left behind");
}

#[tokio::test]
async fn a_table_without_row_level_security() {
    let sabotage = "ALTER TABLE entries DISABLE ROW LEVEL SECURITY";
    for leak in ["SELECT", "a join", "DELETE", "UPDATE", "INSERT", "an upsert", "no tenant"] {
        finds(sabotage, leak, "is off", "run TenantDb::migrate").await;
    }
    // A foreign key stood in the way too.
    let sabotage = "ALTER TABLE entries DROP CONSTRAINT entries_account;
                    ALTER TABLE entries DISABLE ROW LEVEL SECURITY";
    finds(sabotage, "can be given to another tenant", "is off", "run TenantDb::migrate").await;
}

#[tokio::test]
async fn a_table_whose_owner_is_not_bound() {
    let sabotage = "ALTER TABLE entries NO FORCE ROW LEVEL SECURITY";
    finds(sabotage, "SELECT", "does not bind the owner", "run TenantDb::migrate").await;
}

#[tokio::test]
async fn a_policy_that_is_always_true() {
    let sabotage = "ALTER POLICY tenancy_isolation ON entries USING (true)";
    finds(sabotage, "SELECT", "missing or altered", "run TenantDb::migrate").await;
    let sabotage = "CREATE POLICY everybody ON entries USING (true)";
    finds(sabotage, "DELETE", "another permissive policy", "drop it").await;
}

#[tokio::test]
async fn a_policy_that_checks_no_writes() {
    let sabotage = "ALTER POLICY tenancy_isolation ON entries WITH CHECK (true)";
    finds(sabotage, "INSERT", "missing or altered", "run TenantDb::migrate").await;
}

#[tokio::test]
async fn a_policy_that_is_open_without_a_tenant() {
    let world = World::create(Engine::Postgres).await;
    let sabotage = "ALTER POLICY tenancy_isolation ON entries
                    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid
                           OR NULLIF(current_setting('tenancy.tenant_id', true), '') IS NULL)";
    world.database.admin().await.run(sabotage).await;
    let report = world.probe().await;
    assert_found(&report, Gravity::Leak, "entries", "names no tenant", "TenantDb::migrate");
}

/// The database does not hold, and the predicate does: no leak is told of it.
#[tokio::test]
async fn a_role_that_steps_around() {
    let world = World::create(Engine::Postgres).await;
    let role = format!("{}_role", world.database.name());
    let mut admin = world.database.admin().await;
    admin
        .run(format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x' BYPASSRLS;
             GRANT SELECT, INSERT, UPDATE, DELETE ON accounts, entries TO {role}"
        ))
        .await;
    let url = world.database.url().replace("tenancy_test:tenancy_test@", &format!("{role}:x@"));
    let options = register(world.database.bare_options());
    let db = options.connect(&url).await.expect("it answers");
    let report = Probe::new(&db).run().await.expect("it answers");
    db.close().await;
    admin.run(format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    assert_found(&report, Gravity::Weakness, "role", "BYPASSRLS", "CREATE ROLE app");
    for table in ["accounts", "entries"] {
        assert_found(&report, Gravity::Leak, table, "SELECT", "CREATE ROLE app");
    }
    let of_predicate = report.leaks().filter(|leak| leak.to_string().contains("predicate alone"));
    assert_eq!(of_predicate.count(), 0, "{report}");
    assert_eq!(world.rows(world.tenants.0).await.1.len(), 1);
    assert_eq!(world.rows(world.tenants.1).await.1.len(), 1);
}
