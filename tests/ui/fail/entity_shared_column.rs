use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    amount: i64,
    #[tenant(column = "amount")]
    net: i64,
    #[tenant(column = "tenant_id")]
    payee: i64,
}

fn main() {}
