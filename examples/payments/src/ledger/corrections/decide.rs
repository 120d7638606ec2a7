use tenancy_core::{Actor, Error, ErrorKind, List, Problem};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::Correction;
use super::correction::CorrectionState;
use super::request::NewLeg;
use crate::actors::{maker_is_approver, name_of};
use crate::ids::{CorrectionId, missing};
use crate::ledger::{Account, Cause, CauseKind, Draft, Entry, Posting, Side, post};

/// Whether somebody agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Approve,
    Reject,
}

/// Decides about a wish. Approved, the entry is taken back and what is right is written, in one
/// transaction.
///
/// # Errors
///
/// 403 `maker_is_approver`, 409 `correction_decided` when somebody was faster, and 409
/// `entry_corrected` when the entry was taken back by another correction.
pub(super) async fn decide(
    tx: &mut TenantTx,
    id: CorrectionId,
    approver: &Actor,
    verdict: Verdict,
    now: OffsetDateTime,
) -> Result<Correction, Problem> {
    let mut correction = tx.repo::<Correction>().get(&id).await?.ok_or_else(missing)?;
    if correction.state != CorrectionState::Requested {
        return Err(decided());
    }
    let approver = name_of(approver);
    if approver == correction.maker {
        return Err(maker_is_approver());
    }
    correction.approver = Some(approver);
    correction.updated_at = now;
    correction.state = match verdict {
        Verdict::Approve => CorrectionState::Posted,
        Verdict::Reject => CorrectionState::Rejected,
    };
    let correction = tx.repo::<Correction>().update(correction).await.map_err(|error| {
        if error.kind() == ErrorKind::Conflict { decided() } else { error.into() }
    })?;
    if verdict == Verdict::Approve {
        write(tx, &correction, now).await.map_err(|error| match error.kind() {
            ErrorKind::Conflict => corrected(),
            _ => error.into(),
        })?;
    }
    Ok(correction)
}

async fn write(
    tx: &mut TenantTx,
    correction: &Correction,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let cause = Cause { kind: CauseKind::Correction, id: correction.id.uuid() };
    let reason = correction.reason_code.as_str();
    let entry = tx.repo::<Entry>().get(&correction.entry_id).await?.ok_or_else(gone)?;
    let of_entry = Posting::ENTRY_ID.eq(entry.id);
    let postings = tx.repo::<Posting>().list(List::oldest(100).filter(of_entry)).await?.items;
    let currency = postings.first().ok_or_else(gone)?.currency;
    let ids: Vec<_> = postings.iter().map(|posting| posting.account_id).collect();
    let accounts = tx.repo::<Account>().get_many(&ids).await?;
    let mut back = Draft::new(cause, currency).because(reason).reversing(entry.id);
    for posting in &postings {
        let account = accounts.iter().find(|account| account.id == posting.account_id);
        let code = account.ok_or_else(gone)?.code;
        back = back.leg(code, posting.side.other(), posting.amount);
    }
    post(tx, back, now).await?;
    let Some(legs) = &correction.legs else { return Ok(()) };
    let legs: Vec<NewLeg> = serde_json::from_str(legs).map_err(|source| {
        Error::new(ErrorKind::Internal, "read the legs of a correction").with_source(source)
    })?;
    let right = Draft::new(cause, currency).because(reason).nth(1);
    let right = legs.iter().fold(right, |draft, leg| match leg.side {
        Side::Debit => draft.debit(leg.code, leg.amount.units()),
        Side::Credit => draft.credit(leg.code, leg.amount.units()),
    });
    post(tx, right, now).await
}

fn gone() -> Error {
    Error::new(ErrorKind::Internal, "correct an entry: a part of it is not there")
}

fn decided() -> Problem {
    Problem::new(409, "correction_decided", "The correction has been decided")
}

fn corrected() -> Problem {
    Problem::new(409, "entry_corrected", "The entry has been taken back by another correction")
}
