use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment<Id> {
    #[tenant(key)]
    id: Id,
    tenant_id: TenantId,
}

fn main() {}
