use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    id: i64,
    #[tenant(key)]
    tenant_id: TenantId,
}

fn main() {}
