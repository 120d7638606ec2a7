use sqlx::postgres::PgConnection;
use tenancy_core::TenantId;
use tenancy_sqlx::{Migration, TenantEntity};
use uuid::Uuid;

use super::run;

#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "invoices", version = "version")]
pub(crate) struct Invoice {
    #[tenant(key)]
    pub(crate) id: i64,
    pub(crate) tenant_id: TenantId,
    pub(crate) number: String,
    pub(crate) status: String,
    pub(crate) total: i64,
    pub(crate) note: Option<String>,
    pub(crate) version: i64,
}

impl Invoice {
    pub(crate) fn new(tenant_id: TenantId, id: i64) -> Self {
        let (number, status) = (format!("R-{id}"), "open".to_owned());
        Self { id, tenant_id, number, status, total: id, note: None, version: 1 }
    }
}

/// The same row as sqlx reads it.
pub(crate) type ByHand = (i64, Uuid, String, String, i64, Option<String>, i64);

pub(crate) const COLUMNS: &str = "id, tenant_id, number, status, total, note, version";

pub(crate) const INVOICES: Migration = Migration::portable(
    1,
    "invoices",
    "CREATE TABLE invoices (
        tenant_id uuid NOT NULL,
        id bigint NOT NULL,
        number text NOT NULL,
        status text NOT NULL,
        total bigint NOT NULL,
        note text,
        version bigint NOT NULL,
        PRIMARY KEY (tenant_id, id)
    );
    CREATE INDEX invoices_total ON invoices (tenant_id, total, id)",
);

/// Gives each tenant as many rows, with the keys from 1. Those of a tenant lie together.
pub(crate) async fn fill(admin: &mut PgConnection, tenants: &[TenantId], rows: i64) {
    for some in tenants.chunks(1_000) {
        let ids: Vec<_> = some.iter().map(|tenant| format!("('{tenant}'::uuid)")).collect();
        let fill = format!(
            "INSERT INTO invoices
             SELECT tenant, n, 'R-' || n, 'open', n, NULL, 1
             FROM (VALUES {}) AS t (tenant), generate_series(1, {rows}) n ORDER BY tenant, n",
            ids.join(", ")
        );
        run(admin, &fill).await;
    }
    run(admin, "VACUUM ANALYZE invoices").await;
}
