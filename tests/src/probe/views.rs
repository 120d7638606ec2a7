//! Views and functions with the rights of somebody else.

use tenancy_sqlx::probe::{Gravity, Probe};

use super::world::{World, assert_found, register};
use crate::harness::Engine;

/// Made by the superuser, whom row-level security does not bind.
async fn after(sabotage: &str) -> (World, tenancy_sqlx::probe::Report) {
    let world = World::create(Engine::Postgres).await;
    world.database.admin().await.run(sabotage).await;
    let report = world.probe().await;
    assert_eq!(world.rows(world.tenants.0).await.1.len(), 1);
    assert_eq!(world.rows(world.tenants.1).await.1.len(), 1);
    (world, report)
}

#[tokio::test]
async fn a_view_with_the_rights_of_its_owner() {
    let sabotage = "CREATE VIEW all_entries AS SELECT * FROM entries;
                    GRANT SELECT ON all_entries TO tenancy_test";
    let (_world, report) = after(sabotage).await;
    let remedy = "ALTER VIEW public.all_entries SET (security_invoker = true)";
    assert_found(&report, Gravity::Leak, "public.all_entries", "another tenant's row", remedy);
    assert_found(&report, Gravity::Weakness, "public.all_entries", "rights of its owner", remedy);
}

/// It has no column that tells whose its numbers are: the catalogue alone says so.
#[tokio::test]
async fn a_view_that_hides_the_tenant() {
    let sabotage = "CREATE VIEW sums AS SELECT sum(amount) AS total FROM entries;
                    CREATE VIEW sums_of_sums AS SELECT total FROM sums;
                    GRANT SELECT ON sums, sums_of_sums TO tenancy_test";
    let (_world, report) = after(sabotage).await;
    assert_found(&report, Gravity::Weakness, "public.sums", "rights of its owner", "invoker");
    assert_found(&report, Gravity::Weakness, "sums_of_sums", "rights of its owner", "invoker");
}

#[tokio::test]
async fn a_view_that_keeps_rows() {
    let sabotage = "CREATE MATERIALIZED VIEW kept AS SELECT * FROM entries;
                    GRANT SELECT ON kept TO tenancy_test";
    let (_world, report) = after(sabotage).await;
    assert_found(&report, Gravity::Weakness, "public.kept", "keeps rows", "REVOKE");
    assert_found(&report, Gravity::Leak, "public.kept", "another tenant's row", "REVOKE");
}

#[tokio::test]
async fn good_views_are_taken() {
    let good = "CREATE VIEW own AS SELECT * FROM entries;
                ALTER VIEW own SET (security_invoker = true);
                CREATE VIEW hidden AS SELECT * FROM entries;
                GRANT SELECT ON own TO tenancy_test";
    let (_world, report) = after(good).await;
    report.assert_clean();
}

#[tokio::test]
async fn a_registered_view_whose_column_is_not_the_tenant() {
    let world = World::create(Engine::Sqlite).await;
    let view = "CREATE VIEW loud AS
                SELECT (SELECT max(tenant_id) FROM accounts) AS tenant_id, amount FROM entries";
    let mut connection =
        <sqlx::SqliteConnection as sqlx::Connection>::connect(world.database.url())
            .await
            .expect("it answers");
    sqlx::raw_sql(view).execute(&mut connection).await.expect("made");
    let options = register(world.database.bare_options()).tenant_view("loud", "tenant_id");
    let db = options.connect(world.database.url()).await.expect("it answers");
    let report = Probe::new(&db).run().await.expect("it answers");
    let says = "shows something else";
    assert_found(&report, Gravity::Leak, "the view \"loud\"", says, "the tenant of every row");
    assert_eq!(world.rows(world.tenants.0).await.1.len(), 1);
    assert_eq!(world.rows(world.tenants.1).await.1.len(), 1);
}

#[tokio::test]
async fn a_registered_view_of_the_tenants_own_rows_is_taken() {
    let world = World::create(Engine::Sqlite).await;
    let view = "CREATE VIEW quiet AS SELECT tenant_id, sum(amount) AS total FROM entries
                GROUP BY tenant_id";
    let mut connection =
        <sqlx::SqliteConnection as sqlx::Connection>::connect(world.database.url())
            .await
            .expect("it answers");
    sqlx::raw_sql(view).execute(&mut connection).await.expect("made");
    let options = register(world.database.bare_options()).tenant_view("quiet", "tenant_id");
    let db = options.connect(world.database.url()).await.expect("it answers");
    Probe::new(&db).run().await.expect("it answers").assert_clean();
    assert_eq!(world.rows(world.tenants.0).await.1.len(), 1);
    assert_eq!(world.rows(world.tenants.1).await.1.len(), 1);
}

#[tokio::test]
async fn a_function_with_the_rights_of_its_owner() {
    let sabotage = "CREATE FUNCTION total() RETURNS bigint LANGUAGE sql SECURITY DEFINER
                    AS 'SELECT sum(amount)::bigint FROM entries'";
    let (_world, report) = after(sabotage).await;
    assert_found(&report, Gravity::Weakness, "public.total", "rights of its owner", "INVOKER");
}

#[tokio::test]
async fn a_function_that_statements_may_call_and_that_reads() {
    let world = World::create(Engine::Postgres).await;
    let functions =
        "CREATE FUNCTION reads() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint';
                     CREATE FUNCTION doubles(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
                     AS 'SELECT $1 * 2'";
    world.database.admin().await.run(functions).await;
    let options = register(world.database.bare_options());
    let options = options.allow_function("reads").allow_function("doubles");
    let db = options.connect(world.database.url()).await.expect("it answers");
    let report = Probe::new(&db).run().await.expect("it answers");
    assert_found(&report, Gravity::Weakness, "public.reads", "may read tables", "IMMUTABLE");
    assert_eq!(report.findings().len(), 1, "{report}");
    assert_eq!(world.rows(world.tenants.0).await.1.len(), 1);
    assert_eq!(world.rows(world.tenants.1).await.1.len(), 1);
}
