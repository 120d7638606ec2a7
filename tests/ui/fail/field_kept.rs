use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments", version = "version")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    amount: i64,
    version: i64,
}

fn main() {
    let _ = Payment::AMOUNT.set(5);
    let _ = Payment::ID.set(5);
    let _ = Payment::VERSION.add(1);
    let _ = Payment::TENANT_ID.set(TenantId::generate());
}
