use tenancy_core::TenantId;
use tenancy_sqlx::{TenantDraft, TenantEntity};

#[derive(TenantEntity)]
#[tenant(table = "payments", version = "version")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    amount: i64,
    #[tenant(default)]
    status: String,
    note: Option<String>,
    version: i64,
}

#[derive(TenantDraft)]
struct NewPayment {
    id: i64,
}

fn main() {}
