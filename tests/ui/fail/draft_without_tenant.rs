use tenancy_core::TenantId;
use tenancy_core::entity::IntoEntity;
use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

struct NewPayment;

fn insert(_: impl IntoEntity<Payment>) {}

fn main() {
    insert(NewPayment);
}
