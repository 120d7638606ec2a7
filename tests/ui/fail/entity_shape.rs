use tenancy_sqlx::TenantEntity;

#[derive(TenantEntity)]
#[tenant(table = "payments")]
enum Choice {
    Card,
}

#[derive(TenantEntity)]
#[tenant(table = "payments")]
union Overlay {
    id: i64,
}

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Tuple(i64);

#[derive(TenantEntity)]
#[tenant(table = "payments")]
struct Unit;

fn main() {}
