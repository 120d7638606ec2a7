use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    #[tenant(column = "")]
    empty: i64,
    #[tenant(column = "Amount")]
    capital: i64,
    #[tenant(column = "pay ment")]
    blank: i64,
    amountMinor: i64,
}

fn main() {}
