use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};

#[derive(TenantValue)]
struct PaymentId(i64);

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: PaymentId,
    tenant_id: TenantId,
}

fn main() {}
