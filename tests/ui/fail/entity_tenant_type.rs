use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: String,
}

fn main() {}
