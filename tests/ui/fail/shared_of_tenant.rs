use tenancy_core::TenantId;
use tenancy_sqlx::{SharedEntity, SharedTx, TenantDbOptions, TenantEntity};

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

#[derive(SharedEntity)]
#[tenant(table = "payments")]
struct AnyPayment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

fn tenants_rows_without_a_tenant(tx: &mut SharedTx, options: TenantDbOptions) {
    tx.repo::<Payment>();
    options.register_shared::<Payment>();
}

fn main() {}
