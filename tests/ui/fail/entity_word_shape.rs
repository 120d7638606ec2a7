use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = payments)]
struct TextWithoutQuotes {
    #[tenant(key = "id")]
    id: i64,
    #[tenant(tenant())]
    tenant_id: TenantId,
    #[tenant(column)]
    amount: i64,
    #[tenant]
    note: i64,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", table = "refunds")]
struct Twice {
    #[tenant(key)]
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

fn main() {}
