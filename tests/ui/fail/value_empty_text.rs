use tenancy_sqlx::TenantValue;

#[derive(TenantValue)]
enum Status {
    #[tenant(rename = "")]
    Open,
}

fn main() {}
