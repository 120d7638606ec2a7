use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments", soft_delete = "removed_at", deleted_by = "remover")]
struct NoSuchFields {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", created_at = "at", updated_at = "at")]
struct OneForTwo {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    at: i64,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", deleted_by = "remover")]
struct WhoWithoutWhen {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    remover: Option<String>,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", created_at)]
struct NoTime {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    created_at: i64,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", unique = "number", unique = "number")]
#[tenant(unique = "tenant_id, number", unique = "nummer")]
struct Rules {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    number: String,
}

fn main() {}
