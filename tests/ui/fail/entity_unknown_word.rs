use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments", archive = "archived_at")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    #[tenant(colum = "amount_minor")]
    amount: i64,
    #[tenant(version)]
    version: i64,
}

fn main() {}
