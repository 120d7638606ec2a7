//! SQL of one's own: the statements name no tenant.

use tenancy_core::Error;
use tenancy_sqlx::{FromTenantRow, TenantTx};

use super::model::Model;
use super::step::text;
use crate::harness::Status;

#[derive(FromTenantRow)]
struct Row {
    id: i64,
    total: i64,
}

/// Changes rows by their status.
pub(super) async fn add_to_totals(
    tx: &mut TenantTx,
    amount: i64,
    of: Status,
) -> Result<u64, Error> {
    let sql = tx.sql("UPDATE invoices SET total = total + $1 WHERE status = $2");
    sql.bind(amount).bind(text(of)).execute().await
}

/// Deletes a row by its number.
pub(super) async fn erase(tx: &mut TenantTx, number: &str) -> Result<u64, Error> {
    tx.sql("DELETE FROM invoices WHERE number = $1").bind(number).execute().await
}

/// Reads every row, deleted or not, that one of a subquery stands beside.
pub(super) async fn read_all(tx: &mut TenantTx, model: &Model) {
    let sql = "SELECT i.id, i.total FROM invoices i LEFT JOIN customers c ON c.id = i.customer
               WHERE EXISTS (SELECT 1 FROM invoices o WHERE o.number = i.number)
               ORDER BY i.id";
    let rows = tx.sql(sql).fetch_all_as::<Row>().await.expect("rows");
    let found: Vec<_> = rows.iter().map(|row| (row.id, row.total)).collect();
    let wanted: Vec<_> = model.all().iter().map(|row| (row.id, row.total)).collect();
    assert_eq!(found, wanted, "the database is on the left, the model on the right");
}
