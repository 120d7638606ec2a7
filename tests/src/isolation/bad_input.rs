//! Names that are SQL, texts that are no text: each is refused, and nothing is written.

use std::panic::catch_unwind;

use sqlx::{Connection as _, SqliteConnection};
use tenancy_core::entity::{Column, Kind, Table};
use tenancy_core::{ErrorKind, ServerName, TenantId, TenantSlug};
use tenancy_sqlx::TenantDb;

use crate::harness::{Database, Engine, Note, count_notes, two_tenants, write_note};

const LONG: &str = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg";

/// What gets a name, and a function that gives it one.
type Named = (&'static str, fn(&'static str) -> usize);

const ODD: [&str; 16] = [
    "",
    " ",
    "'; DROP TABLE notes; --",
    "' OR '1'='1",
    "notes; SELECT 1",
    "\"notes\"",
    "`notes`",
    "[notes]",
    "Notes",
    "nötes",
    "not\u{131}s",
    "notes\0",
    "notes\n",
    "public.notes",
    "notes --",
    LONG,
];

#[tokio::test]
async fn a_tenant_is_never_a_piece_of_sql() {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
    }
    for odd in ODD {
        let as_suffix = format!("{a}{odd}");
        for text in [odd, as_suffix.as_str()] {
            // The id itself, with nothing behind it, is an id.
            if text == a.to_string() {
                continue;
            }
            let error = text.parse::<TenantId>().expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text:?}");
            assert!(!format!("{error:?}").contains(&a.to_string()), "it repeats what was sent");
        }
        TenantSlug::parse(odd).expect_err(odd);
        ServerName::parse(odd).expect_err(odd);
    }
    // What a text in another form means is the same tenant, and no other text.
    let braced = format!("{{{a}}}").parse::<TenantId>();
    assert!(braced.is_err() || braced.is_ok_and(|tenant| tenant == a));
    for tenant in [a, b] {
        assert_eq!(count_notes(&db, tenant).await, 1);
    }
    db.close().await;
}

/// Names of a program are checked when it is compiled, or else when it starts.
#[test]
fn an_odd_name_of_a_table_is_no_name() {
    const COLUMNS: &[Column] =
        &[Column::new("id", Kind::Int, false), Column::new("tenant_id", Kind::Uuid, false)];
    let (a, b) = two_tenants();
    assert_ne!(a, b);
    let refuses: [Named; 6] = [
        ("a table", |name| Table::new(name, COLUMNS, 1, 0).name().len()),
        ("a column", |name| Column::new(name, Kind::Int, false).name().len()),
        ("a schema", |name| size_of_val(&TenantDb::options().schema(name))),
        ("a view", |name| size_of_val(&TenantDb::options().tenant_view(name, "tenant_id"))),
        ("a view's column", |name| size_of_val(&TenantDb::options().tenant_view("v", name))),
        ("a function", |name| size_of_val(&TenantDb::options().allow_function(name))),
    ];
    for (what, name) in refuses {
        for odd in ODD {
            assert!(catch_unwind(|| name(odd)).is_err(), "{what} may be called {odd:?}");
        }
        assert!(name("notes") > 0, "{what} may be called plainly");
    }
}

/// SQLite stores any bytes as a text. A row that holds none is an error that says so, of whoever
/// owns the row.
#[tokio::test]
async fn a_stored_text_that_is_none_is_an_error() {
    let database = Database::create(Engine::Sqlite).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
        write_note(&db, tenant, 2).await;
    }
    let mut file = SqliteConnection::connect(database.url()).await.expect("a file");
    let spoil = "UPDATE notes SET title = CAST(x'ff80fe' AS TEXT) WHERE id = 1 AND tenant_id = $1";
    let spoil = sqlx::query(spoil).bind(a.uuid()).execute(&mut file).await.expect("it runs");
    assert_eq!(spoil.rows_affected(), 1);
    let mut tx = db.tenant(a);
    let error = tx.repo::<Note>().get(&1).await.expect_err("no text");
    assert_eq!(error.kind(), ErrorKind::Internal, "{error:?}");
    let next = tx.repo::<Note>().get(&2).await.expect_err("what was read is not known");
    assert_eq!(next.kind(), ErrorKind::Conflict, "{next:?}");
    tx.commit().await.expect_err("nothing to commit");
    let sound = db.read(a).repo::<Note>().get(&2).await.expect("a read");
    assert_eq!(sound, Some(Note::new(a, 2)));
    let theirs = db.read(b).repo::<Note>().get(&1).await.expect("a read");
    assert_eq!(theirs, Some(Note::new(b, 1)));
    db.close().await;
}
