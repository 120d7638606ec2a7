use sha2::{Digest as _, Sha256};
use tenancy_core::{Actor, Problem};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::batch::{BatchMode, BatchState};
use super::decide::totals_differ;
use super::item::ItemState;
use super::meant::Meant;
use super::table::{self, Row, Table};
use super::totals::Totals;
use super::{Batch, Item};
use crate::actors::name_of;
use crate::ids::{BatchId, BatchItemId};

/// How long a file is remembered.
const REMEMBERED: time::Duration = time::Duration::days(30);

/// How many rows go into one statement.
const AT_ONCE: usize = 500;

/// Looks a file through and keeps it. Nothing is paid.
///
/// # Errors
///
/// 422 for a file that cannot be read, or `totals_differ` for one that adds up to something else
/// than was stated; 409 `duplicate_file` when the same one came in the last 30
/// days, unless that is known.
pub(super) async fn upload(
    tx: &mut TenantTx,
    maker: &Actor,
    Meant { mode, again, totals: stated }: Meant,
    text: &str,
    now: OffsetDateTime,
) -> Result<Batch, Problem> {
    use std::fmt::Write as _;

    let Table { rows, totals } = table::read(text)?;
    if stated.is_some_and(|stated| stated != totals) {
        return Err(totals_differ().with_param("totals").with_member("found", totals.to_string()));
    }
    let sha256 = Sha256::digest(text).iter().fold(String::new(), |mut digits, byte| {
        // A string takes everything.
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    let same = Batch::SHA256.eq(sha256.clone()).and(Batch::CREATED_AT.gt(now - REMEMBERED));
    if !again.unwrap_or(false) && tx.repo::<Batch>().exists(same).await? {
        return Err(Problem::new(409, "duplicate_file", "The same file came before")
            .with_detail("send it with override=true if it is meant to be paid again"));
    }
    let good = rows.iter().filter(|row| row.is_ok()).count();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let batch = Batch {
        id: BatchId::generate(),
        tenant_id: tx.tenant(),
        sha256,
        mode: mode.unwrap_or(BatchMode::Atomic),
        state: BatchState::Checked,
        maker: name_of(maker),
        approver: None,
        rows_good: count(good),
        rows_bad: count(rows.len() - good),
        totals: Some(of_good(&rows)?),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let batch = tx.repo::<Batch>().insert(batch).await?;
    let items: Vec<_> = (2..).zip(rows).map(|(at, row)| item(&batch, at, row)).collect();
    for items in items.chunks(AT_ONCE) {
        tx.repo::<Item>().insert_many(items.iter().cloned()).await?;
    }
    Ok(batch)
}

/// Adds the rows up that can be paid.
fn of_good(rows: &[Row]) -> Result<Totals, Problem> {
    let mut totals = Totals::default();
    for good in rows.iter().flatten() {
        totals.add(good.amount, good.currency).ok_or_else(totals_differ)?;
    }
    Ok(totals)
}

fn item(batch: &Batch, at: i64, row: Row) -> Item {
    let empty = Item {
        id: BatchItemId::generate(),
        tenant_id: batch.tenant_id,
        batch_id: batch.id,
        row: at,
        state: ItemState::Bad,
        amount: None,
        currency: None,
        reference: None,
        payment_method: None,
        code: None,
        wrong_column: None,
        payment_id: None,
        updated_at: batch.created_at,
        version: 1,
    };
    match row {
        Ok(good) => Item {
            state: ItemState::Waiting,
            amount: Some(good.amount.units()),
            currency: Some(good.currency.code().to_owned()),
            reference: Some(good.reference),
            payment_method: Some(good.payment_method),
            ..empty
        },
        Err(bad) => Item {
            code: Some(bad.code.to_owned()),
            wrong_column: Some(bad.column.to_owned()),
            ..empty
        },
    }
}
