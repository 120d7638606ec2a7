use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

struct Money(i64);

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    amount: Money,
}

fn main() {}
