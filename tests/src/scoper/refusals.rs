//! What is refused: before anything is sent, with the reason and the place.

use tenancy_core::ErrorKind;

use super::world::{Line, World, on_both};
use crate::harness::Engine;

on_both!(
    other_statements,
    several_statements_and_comments,
    tables_that_are_not_known,
    functions_that_are_not_known,
    writes_to_the_wrong_place,
    the_tenant_of_a_row,
    ambiguous_names,
    odd_parts_of_a_select,
    odd_texts,
    the_place_is_named,
);

mod mysql {
    super::on_both!(@ MySql: writes_to_the_wrong_place, ambiguous_names, the_place_is_named);
}

/// Each statement is refused with these words; nothing is written, nothing is spoilt.
async fn refuses(world: &World, statements: &[(&'static str, &str)]) {
    let before = (world.all_of(world.a).await, world.all_of(world.b).await);
    for (sql, words) in statements {
        let error = world.refused(sql).await;
        assert!(error.message().contains(words), "{sql}: {error}");
        assert!(error.message().starts_with("scope a statement"), "{error}");
    }
    assert_eq!((world.all_of(world.a).await, world.all_of(world.b).await), before);
}

async fn other_statements(world: &World) {
    refuses(
        world,
        &[
            ("SET LOCAL tenancy.tenant_id = ''", "begins with SET"),
            ("RESET ALL", "begins with RESET"),
            ("SHOW ALL", "begins with SHOW"),
            ("COPY customers TO '/tmp/x'", "begins with COPY"),
            ("COPY customers FROM STDIN", "begins with COPY"),
            ("DO $$ BEGIN END $$", ""),
            ("DO 'BEGIN END'", "begins with DO"),
            ("DROP TABLE customers", "begins with DROP"),
            ("CREATE TABLE x (id int)", "begins with CREATE"),
            ("ALTER TABLE customers DISABLE ROW LEVEL SECURITY", "begins with ALTER"),
            ("TRUNCATE customers", "begins with TRUNCATE"),
            ("SAVEPOINT a", "begins with SAVEPOINT"),
            ("ROLLBACK TO a", "begins with ROLLBACK"),
            ("COMMIT", "begins with COMMIT"),
            ("BEGIN", "begins with BEGIN"),
            ("GRANT ALL ON customers TO PUBLIC", "begins with GRANT"),
            ("CALL x()", "begins with CALL"),
            ("EXPLAIN SELECT 1", "begins with EXPLAIN"),
            ("LISTEN x", "begins with LISTEN"),
            ("PREPARE x AS SELECT 1", "begins with PREPARE"),
            ("EXECUTE x", "begins with EXECUTE"),
            ("DECLARE c CURSOR FOR SELECT 1", "begins with DECLARE"),
            ("LOCK TABLE customers", "begins with LOCK"),
            ("TABLE customers", "begins with TABLE"),
            (
                "MERGE INTO customers USING invoices ON true WHEN MATCHED THEN DELETE",
                "begins with MERGE",
            ),
            ("REPLACE INTO customers (id) VALUES (1)", "begins with REPLACE"),
            ("ATTACH 'x.db' AS x", "begins with ATTACH"),
            ("PRAGMA query_only = OFF", "begins with PRAGMA"),
            ("VACUUM", "begins with VACUUM"),
            ("", "empty"),
            ("   ", "empty"),
            ("42", "begins with a number"),
        ],
    )
    .await;
}

async fn several_statements_and_comments(world: &World) {
    refuses(
        world,
        &[
            ("SELECT 1; DROP TABLE customers", "a semicolon"),
            ("SELECT 1;", "a semicolon"),
            ("SELECT 1 SELECT 2", "was not expected"),
            ("SELECT id FROM customers -- WHERE", "a comment"),
            ("SELECT id FROM customers /* WHERE */", "/*"),
            ("SELECT /*+ hint */ id FROM customers", "/*"),
            ("SELECT id FROM customers /*! WHERE */", "/*"),
            ("SELECT id FROM customers \0 WHERE", "a NUL"),
        ],
    )
    .await;
}

async fn tables_that_are_not_known(world: &World) {
    refuses(world, &[
        ("SELECT id, secret AS word FROM secrets", "\"secrets\" is not registered"),
        ("SELECT id FROM customers WHERE id IN (SELECT id FROM secrets)", "\"secrets\""),
        ("SELECT (SELECT max(secret) FROM secrets) AS word", "\"secrets\""),
        ("SELECT 1 FROM customers ORDER BY (SELECT max(id) FROM secrets)", "\"secrets\""),
        ("SELECT 1 FROM customers LIMIT (SELECT max(id) FROM secrets)", "\"secrets\""),
        ("SELECT count(*) OVER (ORDER BY (SELECT max(id) FROM secrets)) FROM customers", "\"secrets\""),
        ("SELECT coalesce((SELECT secret FROM secrets), 'x')", "\"secrets\""),
        ("SELECT 1 FROM customers GROUP BY (SELECT max(id) FROM secrets)", "\"secrets\""),
        ("SELECT 1 FROM customers c JOIN invoices i ON c.id = (SELECT 1 FROM secrets)", "\"secrets\""),
        ("INSERT INTO customers (id, name, currency) VALUES (9, (SELECT max(secret) FROM secrets), '')", "\"secrets\""),
        ("INSERT INTO customers (id, name, currency) VALUES (1, '', '') ON CONFLICT (id) DO UPDATE SET name = (SELECT max(secret) FROM secrets)", "\"secrets\""),
        ("UPDATE customers SET name = (SELECT secret FROM secrets)", "\"secrets\""),
        ("UPDATE customers SET name = secret FROM secrets", "\"secrets\""),
        ("DELETE FROM customers WHERE id = 1 RETURNING (SELECT max(secret) FROM secrets) AS word", "\"secrets\""),
        // In sight only from behind its own query.
        ("WITH q AS (SELECT * FROM secrets), secrets AS (SELECT 1) SELECT * FROM q", "\"secrets\""),
        ("WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets", "\"secrets\""),
        ("SELECT * FROM (WITH secrets AS (SELECT 1) SELECT 1) q, secrets", "\"secrets\""),
        ("SELECT * FROM pg_class", "catalogue"),
        ("SELECT * FROM pg_stat_activity", "catalogue"),
        ("SELECT * FROM sqlite_master", "catalogue"),
        ("SELECT * FROM sqlite_schema", "catalogue"),
        ("SELECT * FROM pragma_table_info", "catalogue"),
        ("SELECT * FROM pg_catalog.pg_class", "the schema \"pg_catalog\""),
        ("SELECT * FROM information_schema.tables", "the schema"),
        ("SELECT * FROM other.customers", "the schema \"other\""),
        ("SELECT * FROM temp.customers", "the schema \"temp\""),
        ("SELECT * FROM a.b.customers", "more than two parts"),
        ("SELECT * FROM tenancy_tenants", "not registered"),
        ("SELECT * FROM \"Customers\"", "a-z"),
        ("SELECT * FROM \"custömers\"", "a-z"),
        ("SELECT * FROM \"customers \"", "a-z"),
        ("SELECT id FROM customers WHERE other.customers.id = 1", "more than two parts"),
    ])
    .await;
}

async fn functions_that_are_not_known(world: &World) {
    refuses(
        world,
        &[
            (
                "SELECT set_config('tenancy.tenant_id', '', true)",
                "\"set_config\" is not on the list",
            ),
            ("SELECT pg_catalog.set_config('tenancy.tenant_id', '', true)", "a dot"),
            ("SELECT current_setting('tenancy.tenant_id')", "\"current_setting\""),
            ("SELECT pg_read_file('/etc/passwd')", "\"pg_read_file\""),
            ("SELECT * FROM pg_read_file('/etc/passwd')", "\"pg_read_file\""),
            ("SELECT * FROM dblink('', 'SELECT 1') AS t(id int)", "\"dblink\""),
            ("SELECT query_to_xml('SELECT 1', true, true, '')", "\"query_to_xml\""),
            ("SELECT load_extension('x')", "\"load_extension\""),
            ("SELECT pg_sleep(10)", "\"pg_sleep\""),
            ("SELECT nextval('x')", "\"nextval\""),
            ("SELECT lo_import('/etc/passwd')", "\"lo_import\""),
            ("SELECT upper(pg_read_file('/etc/passwd'))", "\"pg_read_file\""),
            (
                "SELECT count(*) FILTER (WHERE pg_read_file('x') = '') FROM customers",
                "\"pg_read_file\"",
            ),
            ("SELECT \"Upper\"('x')", "a-z"),
            ("SELECT readfile('x')", "\"readfile\""),
            (
                "SELECT id FROM customers WHERE id = 1 OR set_config('a', 'b', true) = 'b'",
                "\"set_config\"",
            ),
        ],
    )
    .await;
}

async fn writes_to_the_wrong_place(world: &World) {
    refuses(
        world,
        &[
            ("INSERT INTO secrets (id, secret) VALUES (1, 'x')", "\"secrets\""),
            ("UPDATE secrets SET secret = 'x'", "\"secrets\""),
            ("DELETE FROM secrets", "\"secrets\""),
            (
                "INSERT INTO currencies (code, digits) VALUES ('XXX', 1)",
                "the shared table \"currencies\"",
            ),
            ("UPDATE currencies SET digits = 9", "the shared table"),
            ("DELETE FROM currencies", "the shared table"),
            ("UPDATE open_invoices SET status = 'x'", "the view \"open_invoices\""),
            ("DELETE FROM open_invoices", "the view"),
            ("WITH q AS (SELECT * FROM customers) DELETE FROM q", "common table expression"),
            ("INSERT INTO customers VALUES (1, 'x', 'x')", "list them"),
            ("INSERT INTO customers DEFAULT VALUES", "list them"),
            ("INSERT INTO customers SELECT * FROM customers", "list them"),
            (
                "INSERT INTO customers (id, name, currency) VALUES (1, 'x')",
                "2 values into 3 columns",
            ),
            ("INSERT INTO customers (id, name) VALUES (1, 'x', 'y')", "3 values into 2 columns"),
        ],
    )
    .await;
}

async fn the_tenant_of_a_row(world: &World) {
    refuses(world, &[
        ("INSERT INTO customers (id, tenant_id, name, currency) VALUES (1, 'x', 'x', 'x')", "added by itself"),
        ("INSERT INTO customers (id, TENANT_ID, name, currency) VALUES (1, 'x', 'x', 'x')", "added by itself"),
        ("INSERT INTO customers (id, \"Tenant_Id\", name, currency) VALUES (1, 'x', 'x', 'x')", "added by itself"),
        ("INSERT INTO customers (id, \"tenant_ıd\", name) VALUES (1, 'x', 'x')", "not plain"),
        ("UPDATE customers SET tenant_id = 'x'", "added by itself"),
        ("UPDATE customers SET name = 'x', \"tenant_id\" = 'x'", "added by itself"),
        ("UPDATE customers SET (name, tenant_id) = ('x', 'x')", "added by itself"),
        ("INSERT INTO customers (id, name, currency) VALUES (1, 'x', 'x') ON CONFLICT (id) DO UPDATE SET tenant_id = 'x'", "added by itself"),
        ("UPDATE customers SET name = 'x' FROM invoices JOIN customers ON true", "two tables of one FROM"),
    ])
    .await;
}

async fn ambiguous_names(world: &World) {
    refuses(world, &[
        ("SELECT 1 FROM customers, customers", "two tables of one FROM"),
        ("SELECT 1 FROM customers c JOIN invoices C ON true", "two tables of one FROM"),
        ("SELECT 1 FROM customers c, (SELECT 1) AS \"c\"", "two tables of one FROM"),
        ("SELECT 1 FROM customers AS \"C\"", "a-z"),
        ("SELECT 1 FROM customers AS c(tenant_id, x)", "renames columns"),
        ("WITH customers AS (SELECT 1) SELECT * FROM customers", "hides the table"),
        ("WITH RECURSIVE invoices AS (SELECT 1) SELECT * FROM invoices", "hides the table"),
        ("WITH currencies AS (SELECT 1) SELECT * FROM currencies", "hides the table"),
        ("WITH aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg AS (SELECT 1) SELECT 1", "1 to 63"),
    ])
    .await;
}

async fn odd_parts_of_a_select(world: &World) {
    refuses(
        world,
        &[
            ("SELECT * INTO x FROM customers", "SELECT INTO"),
            ("SELECT id FROM customers TABLESAMPLE SYSTEM (10)", ""),
            ("SELECT id FROM customers c JOIN invoices i USING (id) FOR UPDATE", ""),
            ("SELECT 'pg_authid'::regclass", ""),
            ("SELECT CAST('x' AS regproc)", "catalogue"),
            ("SELECT id OPERATOR(pg_catalog.+) 1 FROM customers", ""),
            ("SELECT id FROM customers WHERE id = :id", ""),
            ("SELECT id FROM customers WHERE id = ?", ""),
            ("SELECT id FROM customers WHERE id = $0", "parameter"),
            ("SELECT id FROM customers WHERE id = $2", "$1 is missing"),
            ("SELECT id FROM customers WHERE id = $65535", "parameters"),
            ("SELECT id FROM customers WHERE id = $999999", "parameters"),
            ("SELECT id FROM customers WHERE id = $9999999", ""),
            ("SELECT id FROM customers WHERE name = E'\\''", ""),
            ("SELECT id FROM customers WHERE name = 'a\\'", "backslash"),
            ("SELECT id FROM customers WHERE name = $$a$$", ""),
        ],
    )
    .await;
}

async fn odd_texts(world: &World) {
    refuses(
        world,
        &[
            ("SELECT id FROM", ""),
            ("SELECT id FROM customers WHERE", ""),
            ("SELECT 'never closed", ""),
            ("SELECT \"never closed", ""),
            ("SELECT (((", ""),
            ("INSERT", ""),
            ("WITH", ""),
            ("SELECT \u{feff}1", "not plain"),
            ("SELECT 1\u{feff}FROM\u{feff}secrets", "not plain"),
            ("SELECT id\u{feff}FROM\u{feff}secrets", "not plain"),
            ("SELECT id\u{a0}FROM\u{a0}secrets", ""),
            ("SELECT id FROM customers WHERE id = 1)", "was not expected"),
        ],
    )
    .await;
}

async fn the_place_is_named(world: &World) {
    let error = world
        .refused("SELECT id, name\nFROM customers\nWHERE id IN (SELECT id FROM secrets)")
        .await;
    assert!(error.message().contains("line 3 column 29"), "{error}");
    let error = world.refused("SELECT id,\n  pg_sleep(1) FROM customers").await;
    assert!(error.message().contains("line 2 column 3"), "{error}");
}

/// SQLite alone has these.
#[tokio::test]
async fn only_sqlite_would_read_these() {
    let world = World::on(Engine::Sqlite).await;
    refuses(
        &world,
        &[
            ("SELECT id FROM customers WHERE id IN secrets", "IN and a table"),
            ("SELECT id FROM customers WHERE id IN invoices", "IN and a table"),
            ("SELECT * FROM pragma_table_info('customers')", "not on the list"),
            (
                "INSERT OR REPLACE INTO customers (id, name, currency) VALUES (1, 'x', 'x')",
                "replace a row",
            ),
            ("UPDATE OR REPLACE customers SET id = 1", "UPDATE OR"),
            ("SELECT id FROM [secrets]", "\"secrets\""),
            ("SELECT id FROM `secrets`", "\"secrets\""),
            ("SELECT id FROM customers INDEXED BY x", ""),
        ],
    )
    .await;
    let error = world
        .db
        .tenant(world.a)
        .sql("SELECT id, name AS word FROM main.customers")
        .fetch_all_as::<Line>()
        .await;
    assert_eq!(error.expect("its own schema").len(), 3);
    world.db.close().await;
}

/// Postgres alone has these.
#[tokio::test]
async fn only_postgres_would_read_these() {
    let world = World::on(Engine::Postgres).await;
    refuses(&world, &[
        ("SELECT id FROM customers WHERE name = U&'a'", ""),
("INSERT INTO customers AS excluded (id, name, currency) VALUES (1, 'x', 'x') ON CONFLICT (id) DO NOTHING", "excluded"),
("SELECT id FROM ONLY customers", "ONLY"),
        ("SELECT * FROM ROWS FROM (pg_read_file('x'))", ""),
        ("SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x int)", ""),
        ("SELECT id FROM customers UNION TABLE secrets", ""),
        ("WITH q AS (DELETE FROM secrets RETURNING *) SELECT * FROM q", "\"secrets\""),
        ("WITH q AS (INSERT INTO currencies (code, digits) VALUES ('X', 1) RETURNING *) SELECT * FROM q", "shared"),
        ("SELECT regclass 'pg_authid'", "the type"),
        ("SELECT id FROM customers WHERE id = ANY(ARRAY(SELECT id FROM secrets))", "\"secrets\""),
        ("SELECT 1 FROM customers c, LATERAL (SELECT * FROM secrets) s", "\"secrets\""),
    ])
    .await;
    let sql = "SELECT id, name AS word FROM public.customers FOR UPDATE";
    let rows = world.db.tenant(world.a).sql(sql).fetch_all_as::<Line>().await.expect("its schema");
    assert_eq!(rows.len(), 3);
    let error = world.db.read(world.a).sql(sql).fetch_all_as::<Line>().await.expect_err("a lock");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    world.db.close().await;
}
