use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};

#[derive(TenantValue)]
enum Status {
    Open,
}

#[derive(TenantEntity)]
#[tenant(table = "payments", version = "version")]
struct Payment {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    status: Status,
    amount: i64,
    version: i64,
}

#[derive(TenantEntity)]
#[tenant(table = "refunds")]
struct Refund {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
}

fn main() {
    let _ = Payment::STATUS.eq("open");
    let _ = Payment::STATUS.eq(Status::Open).and(Payment::AMOUNT.gt(5));
    let _ = Payment::ID.eq(1).and(Refund::ID.eq(1));
    let _ = Payment::AMOUNT.starts_with("1");
    let _ = Payment::STATUS.add(Status::Open);
}
