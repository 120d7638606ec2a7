use tenancy_sqlx::{TenantDb, TenantTx};

async fn around_the_repository(db: &TenantDb, tx: &TenantTx) {
    db.acquire().await;
    db.execute("SELECT * FROM payments").await;
    tx.sql_without_tenant("SELECT * FROM payments").await;
    let copy: TenantTx = tx.clone();
}

fn main() {}
