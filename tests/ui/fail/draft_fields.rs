use tenancy_core::TenantId;
use tenancy_sqlx::{TenantDraft, TenantEntity};

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    amount: i64,
}

#[derive(TenantDraft)]
struct NewPayment {
    id: i64,
    amount: i64,
}

#[derive(TenantDraft)]
#[tenant(entity = "Payment")]
struct WithTenant {
    id: i64,
    amount: i64,
    tenant_id: TenantId,
}

#[derive(TenantDraft)]
struct Payload {
    id: i64,
}

fn main() {}
