use tenancy_core::Error;
use tenancy_sqlx::{FromTenantRow, TenantTx};

#[derive(FromTenantRow)]
struct Line {
    id: i64,
}

async fn written_in(tx: &mut TenantTx, name: &str) -> Result<Vec<Line>, Error> {
    tx.sql(&format!("SELECT id FROM notes WHERE name = '{name}'")).fetch_all_as::<Line>().await
}

async fn handed_in(tx: &mut TenantTx, statement: &str) -> Result<u64, Error> {
    tx.sql(statement).execute().await
}

fn main() {}
