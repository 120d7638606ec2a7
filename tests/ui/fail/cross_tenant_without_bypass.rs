use tenancy_core::{Bypass, BypassPurpose, TenantId};
use tenancy_sqlx::{CrossTenantTx, TenantDb, TenantEntity};

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

enum Reports {}

impl BypassPurpose for Reports {
    const NAME: &'static str = "reports";
}

async fn without(db: &TenantDb) {
    db.cross_tenant("reports").await;
    db.cross_tenant().await;
    CrossTenantTx::<Reports>::new(db.clone());
}

async fn twice(db: &TenantDb, bypass: Bypass<Reports>) {
    let _ = db.cross_tenant(bypass).await;
    let _ = db.cross_tenant(bypass).await;
}

async fn writes(mut tx: CrossTenantTx<Reports>, payment: Payment) {
    tx.repo::<Payment>().insert(payment).await;
}

fn main() {}
