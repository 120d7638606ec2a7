use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
struct Payment {
    id: i64,
}

fn main() {}
