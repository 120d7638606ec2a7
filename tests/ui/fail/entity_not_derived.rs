use tenancy_core::TenantId;
use tenancy_core::entity::{FromTenantRow, TenantEntity};

struct Payment {
    id: i64,
    tenant_id: TenantId,
}

fn list<E: TenantEntity>() {}
fn read<E: FromTenantRow>() {}

fn main() {
    list::<Payment>();
    read::<Payment>();
}
