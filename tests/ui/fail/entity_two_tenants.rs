use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    #[tenant(tenant)]
    payer: TenantId,
    #[tenant(tenant)]
    payee: TenantId,
}

fn main() {}
