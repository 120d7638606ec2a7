use tenancy_core::TenantId;
use tenancy_sqlx::{TenantDb, TenantEntity};

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

async fn no_tenant(db: &TenantDb) {
    db.tenant();
    db.repo::<Payment>();
    TenantId::default();
}

fn main() {}
