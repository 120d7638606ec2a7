use tenancy_sqlx::TenantValue;

#[derive(TenantValue)]
struct Money {
    minor: i64,
    currency: String,
}

#[derive(TenantValue)]
struct Unit;

#[derive(TenantValue)]
struct Id<Inner>(Inner);

#[derive(TenantValue)]
union Overlay {
    id: i64,
}

#[derive(TenantValue)]
enum Nothing {}

#[derive(TenantValue)]
enum Method {
    Cash,
    Card(String),
    Transfer { iban: String },
}

fn main() {}
