use tenancy_sqlx::TenantValue;

#[derive(TenantValue)]
enum Status {
    PastDue,
    #[tenant(rename = "past_due")]
    Late,
    Pastdue,
    PASTDue,
}

#[derive(TenantValue)]
enum Currency {
    Eur,
    EUR,
    #[tenant(rename = "eur")]
    Euro,
}

fn main() {}
