use tenancy_core::TenantId;
use tenancy_sqlx::TenantDb;

fn text(db: &TenantDb, header: &str) {
    db.tenant(header);
    db.read(TenantId(header.parse().unwrap()));
}

fn main() {}
