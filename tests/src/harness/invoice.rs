use tenancy_core::TenantId;
use tenancy_sqlx::{Migration, TenantEntity, TenantValue};
use time::OffsetDateTime;

/// A row with everything that the library keeps, and columns that hold nothing.
#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "invoices", version = "version", created_at, updated_at)]
#[tenant(soft_delete = "deleted_at", deleted_by = "deleted_by", unique = "number")]
pub(crate) struct Invoice {
    #[tenant(key)]
    pub(crate) id: i64,
    pub(crate) tenant_id: TenantId,
    pub(crate) number: String,
    #[tenant(column = "customer")]
    pub(crate) customer_id: Option<i64>,
    pub(crate) status: Status,
    pub(crate) total: i64,
    pub(crate) rate: Option<f64>,
    pub(crate) note: Option<String>,
    pub(crate) due: Option<OffsetDateTime>,
    pub(crate) version: i64,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) deleted_at: Option<OffsetDateTime>,
    pub(crate) deleted_by: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, TenantValue)]
pub(crate) enum Status {
    Open,
    Paid,
    PastDue,
}

/// Whom an invoice is for.
#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "customers")]
pub(crate) struct Customer {
    #[tenant(key)]
    pub(crate) id: i64,
    pub(crate) tenant_id: TenantId,
    pub(crate) name: String,
}

impl Invoice {
    /// What the library keeps is filled in when it is inserted.
    pub(crate) fn new(tenant_id: TenantId, id: i64) -> Self {
        Self {
            id,
            tenant_id,
            number: format!("R-{id}"),
            customer_id: None,
            status: Status::Open,
            total: id * 100,
            rate: None,
            note: None,
            due: None,
            version: 1,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
            deleted_at: None,
            deleted_by: None,
        }
    }
}

pub(crate) const INVOICES: Migration = Migration::new(
    2,
    "invoices",
    "CREATE TABLE customers (
        tenant_id BLOB NOT NULL,
        id INTEGER NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (tenant_id, id)
    ) STRICT;
    CREATE TABLE invoices (
        tenant_id BLOB NOT NULL,
        id INTEGER NOT NULL,
        number TEXT NOT NULL,
        customer INTEGER,
        status TEXT NOT NULL,
        total INTEGER NOT NULL,
        rate REAL,
        note TEXT,
        due TEXT,
        version INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        deleted_at TEXT,
        deleted_by TEXT,
        PRIMARY KEY (tenant_id, id),
        UNIQUE (tenant_id, number)
    ) STRICT",
    "CREATE TABLE customers (
        tenant_id uuid NOT NULL,
        id bigint NOT NULL,
        name text NOT NULL,
        PRIMARY KEY (tenant_id, id)
    );
    CREATE TABLE invoices (
        tenant_id uuid NOT NULL,
        id bigint NOT NULL,
        number text NOT NULL,
        customer bigint,
        status text NOT NULL,
        total bigint NOT NULL,
        rate double precision,
        note text,
        due timestamptz,
        version bigint NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        deleted_at timestamptz,
        deleted_by text,
        PRIMARY KEY (tenant_id, id),
        CONSTRAINT invoices_number UNIQUE (tenant_id, number)
    )",
)
.with_mysql(
    "CREATE TABLE customers (
        tenant_id BINARY(16) NOT NULL,
        id BIGINT NOT NULL,
        name VARCHAR(200) NOT NULL,
        PRIMARY KEY (tenant_id, id)
    );
    CREATE TABLE invoices (
        tenant_id BINARY(16) NOT NULL,
        id BIGINT NOT NULL,
        number VARCHAR(200) NOT NULL,
        customer BIGINT,
        status VARCHAR(20) NOT NULL,
        total BIGINT NOT NULL,
        rate DOUBLE,
        note VARCHAR(200),
        due DATETIME(6),
        version BIGINT NOT NULL,
        created_at DATETIME(6) NOT NULL,
        updated_at DATETIME(6) NOT NULL,
        deleted_at DATETIME(6),
        deleted_by VARCHAR(200),
        PRIMARY KEY (tenant_id, id),
        CONSTRAINT invoices_number UNIQUE (tenant_id, number)
    )",
);
