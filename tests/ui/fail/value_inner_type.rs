use tenancy_sqlx::TenantValue;

struct Money;

#[derive(TenantValue)]
struct Total(Money);

fn main() {}
