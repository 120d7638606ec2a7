//! An account's postings as CSV.

use std::fmt::Write as _;

use tenancy_core::Error;
use tenancy_sqlx::{FromTenantRow, TenantTx};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Account, CauseKind, Side};
use crate::ids::EntryId;

/// The most postings of one statement. Ask for the rest by a later beginning.
const MOST: i64 = 10_000;

#[derive(Debug, FromTenantRow)]
struct Line {
    entry: EntryId,
    cause: CauseKind,
    recorded_at: OffsetDateTime,
    side: Side,
    amount: i64,
}

/// Writes an account's postings from a time to another, with the balance after each.
///
/// No field begins with a sign that a spreadsheet takes for a formula, except for negative
/// numbers, which are digits after the sign: nothing in it was written by anybody outside.
pub(super) async fn csv(
    tx: &mut TenantTx,
    account: &Account,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Result<String, Error> {
    let before = lines(tx, account, OffsetDateTime::UNIX_EPOCH, from, i64::MAX).await?;
    let mut balance: i64 = before.iter().map(|line| signed(account, line)).sum();
    let mut text = "recorded_at,entry,cause,side,amount,balance,currency\r\n".to_owned();
    for line in lines(tx, account, from, to, MOST).await? {
        balance += signed(account, &line);
        let recorded = line.recorded_at.format(&Rfc3339).unwrap_or_default();
        let (cause, side) = (line.cause.as_str(), line.side.as_str());
        let amount = account.currency.decimal(line.amount);
        let (after, code) = (account.currency.decimal(balance), account.currency.code());
        // A string takes everything.
        let _ =
            writeln!(text, "{recorded},{},{cause},{side},{amount},{after},{code}\r", line.entry);
    }
    Ok(text)
}

fn signed(account: &Account, line: &Line) -> i64 {
    if line.side == account.normal_side { line.amount } else { -line.amount }
}

async fn lines(
    tx: &mut TenantTx,
    account: &Account,
    from: OffsetDateTime,
    to: OffsetDateTime,
    most: i64,
) -> Result<Vec<Line>, Error> {
    tx.sql(
        "SELECT e.id AS entry, e.cause_kind AS cause, e.recorded_at AS recorded_at,
                p.side AS side, p.amount AS amount
         FROM postings p JOIN journal_entries e ON e.id = p.entry_id
         WHERE p.account_id = $1 AND e.recorded_at >= $2 AND e.recorded_at < $3
         ORDER BY e.recorded_at, e.id, p.id LIMIT $4",
    )
    .bind(account.id)
    .bind(from)
    .bind(to)
    .bind(most)
    .fetch_all_as()
    .await
}
