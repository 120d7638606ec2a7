use std::collections::BTreeMap;

use tenancy_core::{Error, ErrorKind, Problem};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::draft::Leg;
use super::{Account, AccountCode, Draft, Entry, Posting};
use crate::ids::{AccountId, EntryId, PostingId};
use crate::money::{Amount, Currency};

/// Writes an entry and moves the balances of its accounts.
///
/// Accounts are changed in the order of their ids: of entries at the same time each waits for
/// another, and none for itself.
///
/// # Errors
///
/// [`ErrorKind::Internal`] when debits and credits differ, [`ErrorKind::Conflict`] when the cause
/// has made its entry already, [`ErrorKind::Invalid`] when an account would fall below its floor.
pub(crate) async fn post(
    tx: &mut TenantTx,
    draft: Draft,
    now: OffsetDateTime,
) -> Result<(), Error> {
    if !draft.is_balanced() {
        return Err(Error::new(ErrorKind::Internal, "post an entry: it is not balanced"));
    }
    let accounts = accounts(tx, &draft, now).await?;
    let (tenant_id, entry_id) = (tx.tenant(), EntryId::generate());
    tx.repo()
        .insert(Entry {
            id: entry_id,
            tenant_id,
            cause_kind: draft.cause.kind,
            cause_id: draft.cause.id,
            sequence: draft.sequence,
            effective_at: now,
            recorded_at: now,
            reason_code: draft.reason_code.map(str::to_owned),
            reverses: draft.reverses,
        })
        .await?;
    let posting = |leg: &Leg| Posting {
        id: PostingId::generate(),
        tenant_id,
        entry_id,
        account_id: accounts[&leg.code].id,
        currency: draft.currency,
        side: leg.side,
        amount: leg.amount,
    };
    tx.repo::<Posting>().insert_many(draft.legs.iter().map(posting)).await?;
    for (id, Movement { balance, held }) in movements(&draft, &accounts)? {
        let changes = [Account::BALANCE.add(balance), Account::HELD.add(-held)];
        tx.repo::<Account>().patch(&id, changes).await?;
    }
    Ok(())
}

/// Reserves an amount of an account, before anything moves.
///
/// # Errors
///
/// 422 `insufficient_funds` when less than the account's floor would be free.
pub(crate) async fn reserve(
    tx: &mut TenantTx,
    code: AccountCode,
    currency: Currency,
    amount: Amount,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    change_held(tx, code, currency, amount.units(), now).await.map_err(|error| match error.kind() {
        ErrorKind::Invalid => insufficient(),
        _ => error.into(),
    })
}

/// Frees what was reserved and has not moved.
pub(crate) async fn release(
    tx: &mut TenantTx,
    code: AccountCode,
    currency: Currency,
    amount: Amount,
    now: OffsetDateTime,
) -> Result<(), Error> {
    change_held(tx, code, currency, -amount.units(), now).await
}

async fn change_held(
    tx: &mut TenantTx,
    code: AccountCode,
    currency: Currency,
    by: i64,
    now: OffsetDateTime,
) -> Result<(), Error> {
    for account in Account::of(tx, &[code], currency, now).await? {
        tx.repo::<Account>().patch(&account.id, [Account::HELD.add(by)]).await?;
    }
    Ok(())
}

fn insufficient() -> Problem {
    Problem::new(422, "insufficient_funds", "The balance does not allow it").with_param("amount")
}

async fn accounts(
    tx: &mut TenantTx,
    draft: &Draft,
    now: OffsetDateTime,
) -> Result<BTreeMap<AccountCode, Account>, Error> {
    let released = draft.released.iter().map(|(code, _)| *code);
    let mut codes: Vec<_> = draft.legs.iter().map(|leg| leg.code).chain(released).collect();
    codes.sort_unstable();
    codes.dedup();
    let found = Account::of(tx, &codes, draft.currency, now).await?;
    Ok(found.into_iter().map(|account| (account.code, account)).collect())
}

/// What an entry does to an account.
#[derive(Debug, Default, PartialEq, Eq)]
struct Movement {
    balance: i64,
    held: i64,
}

fn movements(
    draft: &Draft,
    accounts: &BTreeMap<AccountCode, Account>,
) -> Result<BTreeMap<AccountId, Movement>, Error> {
    let mut movements: BTreeMap<AccountId, Movement> = BTreeMap::new();
    for leg in &draft.legs {
        let account = &accounts[&leg.code];
        let by = if leg.side == account.normal_side { leg.amount } else { -leg.amount };
        let movement = movements.entry(account.id).or_default();
        movement.balance = movement.balance.checked_add(by).ok_or_else(too_large)?;
    }
    if let Some((code, amount)) = draft.released {
        movements.entry(accounts[&code].id).or_default().held += amount;
    }
    Ok(movements)
}

fn too_large() -> Error {
    Error::new(ErrorKind::Invalid, "post an entry: its amounts are too large to add up")
}
