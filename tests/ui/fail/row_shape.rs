use tenancy_sqlx::FromTenantRow;

#[derive(FromTenantRow)]
struct Pair(i64, String);

#[derive(FromTenantRow)]
struct Nothing {}

#[derive(FromTenantRow)]
enum Either {
    Left,
}

#[derive(FromTenantRow)]
struct Of<Inner> {
    inner: Inner,
}

#[derive(FromTenantRow)]
struct Twice {
    id: i64,
    #[tenant(column = "id")]
    other: i64,
}

#[derive(FromTenantRow)]
struct Keyed {
    #[tenant(key)]
    id: i64,
    #[tenant(column = "Not Plain")]
    name: String,
}

fn main() {}
