use tenancy_sqlx::TenantValue;

#[derive(TenantValue)]
#[tenant(rename = "id")]
struct Id(#[tenant(key)] i64);

#[derive(TenantValue)]
#[tenant(rename_all = "lowercase")]
enum Status {
    #[tenant(name = "open")]
    Open,
    #[tenant(rename = 'd')]
    Done,
}

fn main() {}
