use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments", version = "revision")]
struct NoSuchField {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", version = "id")]
struct IsTheKey {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", version = "tenant_id")]
struct IsTheTenant {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", version = "version")]
struct Narrow {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    version: i32,
}

fn main() {}
