use tenancy_core::TenantId;
use tenancy_sqlx::{Migration, TenantDb, TenantEntity};
use time::OffsetDateTime;
use uuid::Uuid;

/// A row with a column of every kind.
#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "notes", version = "version")]
pub(crate) struct Note {
    #[tenant(key)]
    pub(crate) id: i64,
    pub(crate) tenant_id: TenantId,
    pub(crate) title: String,
    pub(crate) is_pinned: bool,
    pub(crate) score: Option<f64>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) author: Option<Uuid>,
    pub(crate) written_at: OffsetDateTime,
    pub(crate) version: i64,
}

impl Note {
    pub(crate) fn new(tenant_id: TenantId, id: i64) -> Self {
        Self {
            id,
            tenant_id,
            title: format!("note {id}"),
            is_pinned: id % 2 == 0,
            score: Some(0.5),
            body: Some(vec![0, 1, 255]),
            author: Some(Uuid::from_u128(7)),
            written_at: OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a valid time"),
            version: 1,
        }
    }
}

/// Writes a note for a tenant, and commits it.
pub(crate) async fn write_note(db: &TenantDb, tenant: TenantId, id: i64) {
    let mut tx = db.tenant(tenant);
    tx.repo::<Note>().insert(Note::new(tenant, id)).await.expect("inserted");
    tx.commit().await.expect("committed");
}

/// Counts the notes that a tenant sees.
pub(crate) async fn count_notes(db: &TenantDb, tenant: TenantId) -> u64 {
    db.read(tenant).repo::<Note>().count().await.expect("a count")
}

pub(crate) const NOTES: Migration = Migration::new(
    1,
    "notes",
    "CREATE TABLE notes (
        tenant_id BLOB NOT NULL,
        id INTEGER NOT NULL,
        title TEXT NOT NULL CHECK (title <> ''),
        is_pinned INTEGER NOT NULL,
        score REAL,
        body BLOB,
        author BLOB,
        written_at TEXT NOT NULL,
        version INTEGER NOT NULL,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, title)
    ) STRICT",
    "CREATE TABLE notes (
        tenant_id uuid NOT NULL,
        id bigint NOT NULL,
        title text NOT NULL CHECK (title <> ''),
        is_pinned boolean NOT NULL,
        score double precision,
        body bytea,
        author uuid,
        written_at timestamptz NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (tenant_id, id),
        CONSTRAINT notes_title UNIQUE (tenant_id, title)
    )",
)
.with_mysql(
    "CREATE TABLE notes (
        tenant_id BINARY(16) NOT NULL,
        id BIGINT NOT NULL,
        title VARCHAR(200) NOT NULL CHECK (title <> ''),
        is_pinned BOOLEAN NOT NULL,
        score DOUBLE,
        body LONGBLOB,
        author BINARY(16),
        written_at DATETIME(6) NOT NULL,
        version BIGINT NOT NULL,
        PRIMARY KEY (tenant_id, id),
        CONSTRAINT notes_title UNIQUE (tenant_id, title)
    )",
);
