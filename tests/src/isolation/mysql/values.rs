//! Columns of every width and kind, and what may not be said about values.

use rust_decimal::Decimal;
use tenancy_core::{ErrorKind, TenantId};
use tenancy_sqlx::{Migration, TenantDb, TenantEntity};
use time::OffsetDateTime;

use crate::harness::{Database, Engine, Note, two_tenants};

/// Read from columns that a schema of somebody else's may have.
#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "widths")]
struct Widths {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    tiny: i64,
    small: i64,
    medium: i64,
    large: i64,
    total: i64,
    year: i64,
    yes: bool,
    no: Option<bool>,
    single: f64,
    average: f64,
    rate: Decimal,
    whole: Decimal,
    code: String,
    choice: String,
    document: String,
    stamp: OffsetDateTime,
}

const WIDTHS: Migration = Migration::new(1, "widths", "", "").with_mysql(
    "CREATE TABLE widths (
        tenant_id BINARY(16) NOT NULL,
        id INT UNSIGNED NOT NULL,
        tiny TINYINT NOT NULL,
        small SMALLINT UNSIGNED NOT NULL,
        medium MEDIUMINT NOT NULL,
        large BIGINT UNSIGNED NOT NULL,
        total DECIMAL(20, 2) NOT NULL,
        year YEAR NOT NULL,
        yes TINYINT(1) NOT NULL,
        no BIGINT,
        single FLOAT NOT NULL,
        average DECIMAL(10, 4) NOT NULL,
        rate DECIMAL(38, 10) NOT NULL,
        whole BIGINT NOT NULL,
        code VARBINARY(100) NOT NULL,
        choice ENUM('open', 'shut') NOT NULL,
        document JSON NOT NULL,
        stamp TIMESTAMP(6) NOT NULL,
        PRIMARY KEY (tenant_id, id)
    )",
);

fn widths(tenant_id: TenantId) -> Widths {
    Widths {
        id: 4_000_000_000,
        tenant_id,
        tiny: -128,
        small: 65_535,
        medium: -8_388_608,
        large: i64::MAX,
        total: 1_200,
        year: 2_026,
        yes: true,
        no: None,
        single: 0.5,
        average: 12.25,
        rate: "-0.0000000001".parse().expect("a decimal"),
        whole: 7.into(),
        code: "ä\u{1F980} ".to_owned(),
        choice: "shut".to_owned(),
        document: "{\"a\": 1}".to_owned(),
        stamp: OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_000)
            .expect("a time"),
    }
}

async fn open(database: &Database) -> TenantDb {
    let options = TenantDb::options().register::<Widths>();
    let db = options.connect(database.url()).await.expect("it answers");
    db.migrate(&[WIDTHS]).await.expect("migrated");
    db
}

#[tokio::test]
async fn columns_of_every_width_are_read_and_written() {
    let database = Database::create(Engine::MySql).await;
    let db = open(&database).await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        let mut tx = db.tenant(tenant);
        tx.repo::<Widths>().insert(widths(tenant)).await.expect("inserted");
        tx.commit().await.expect("committed");
        let mut tx = db.read(tenant);
        let read = tx.repo::<Widths>().get(&4_000_000_000).await.expect("a read");
        assert_eq!(read, Some(widths(tenant)));
    }
}

#[tokio::test]
async fn a_number_that_is_too_large_is_an_error_and_no_other_number() {
    let database = Database::create(Engine::MySql).await;
    let db = open(&database).await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        let mut tx = db.tenant(tenant);
        tx.repo::<Widths>().insert(widths(tenant)).await.expect("inserted");
        tx.commit().await.expect("committed");
    }
    let mut admin = database.mysql_admin().await;
    let of_a = format!("WHERE tenant_id = X'{}'", a.uuid().as_simple());
    for change in ["large = 9223372036854775808", "total = 0.5", "total = 999999999999999999"] {
        admin.run(format!("UPDATE widths SET large = 1, total = 1 {of_a}")).await;
        admin.run(format!("UPDATE widths SET {change} {of_a}")).await;
        let read = db.read(a).repo::<Widths>().get(&4_000_000_000).await;
        match change {
            "total = 999999999999999999" => assert!(read.is_ok_and(|row| row.is_some())),
            _ => assert_eq!(read.expect_err(change).kind(), ErrorKind::Internal),
        }
    }
    let read = db.read(b).repo::<Widths>().get(&4_000_000_000).await;
    assert_eq!(read.expect("a read"), Some(widths(b)));
}

/// `MySQL` repeats values in its messages, and sqlx the message in its error.
#[tokio::test]
async fn an_error_repeats_no_value() {
    let database = Database::create(Engine::MySql).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    let secret =
        |tenant, id| Note { title: "hunter2' for key 'x".to_owned(), ..Note::new(tenant, id) };
    for tenant in [a, b] {
        let mut tx = db.tenant(tenant);
        tx.repo::<Note>().insert(secret(tenant, 1)).await.expect("inserted");
        let error = tx.repo::<Note>().insert(secret(tenant, 2)).await.expect_err("taken");
        assert_eq!((error.kind(), error.subject()), (ErrorKind::Conflict, Some("notes_title")));
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        let odd = Note { score: Some(f64::NAN), ..Note::new(tenant, 3) };
        let error = db.tenant(tenant).repo::<Note>().insert(odd).await.expect_err("no number");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    }
}
