use std::collections::HashMap;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use serde::Serialize;
use tenancy_axum::Permitted;
use tenancy_core::{Error, Problem, Slice};
use tenancy_sqlx::TenantTx;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::as_of::AsOf;
use super::capabilities::ViewLedger;
use super::entry::{EntryView, PostingView};
use super::trial_balance::{TrialBalance, TrialBalanceView};
use super::{Account, AccountCode, Entry, Posting, Side};
use crate::app::App;
use crate::ids::{AccountId, EntryId, PathId, missing};
use crate::money::Currency;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(accounts))
        .routes(routes!(entries))
        .routes(routes!(entry))
        .routes(routes!(trial_balance))
}

/// An account, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerAccount)]
struct AccountView {
    id: AccountId,
    code: AccountCode,
    currency: Currency,
    normal_side: Side,
    balance: i64,
    /// What of the balance is reserved for refunds on their way.
    held: i64,
    /// The balance without what is held.
    available: i64,
    #[schema(example = "96.80")]
    balance_decimal: String,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let Account { id, code, currency, normal_side, balance, held, .. } = account;
        let balance_decimal = currency.decimal(balance);
        let available = balance - held;
        Self { id, code, currency, normal_side, balance, held, available, balance_decimal }
    }
}

/// List the accounts of the ledger
#[utoipa::path(
    get,
    path = "/v1/ledger/accounts",
    tag = "ledger",
    security(("bearer" = ["ledger:view"])),
    params(PageParams),
    responses((status = 200, body = List<AccountView>))
)]
async fn accounts(
    _: Permitted<ViewLedger>,
    mut tx: TenantTx,
    query: PageQuery<AccountId>,
) -> Result<Json<List<AccountView>>, Problem> {
    let accounts = tx.repo::<Account>().list(query.page()).await?;
    Ok(Json(List::of(accounts, AccountView::from)))
}

/// List journal entries, the newest first
#[utoipa::path(
    get,
    path = "/v1/ledger/entries",
    tag = "ledger",
    security(("bearer" = ["ledger:view"])),
    params(PageParams),
    responses((status = 200, body = List<EntryView>))
)]
async fn entries(
    _: Permitted<ViewLedger>,
    mut tx: TenantTx,
    query: PageQuery<EntryId>,
) -> Result<Json<List<EntryView>>, Problem> {
    let page = tx.repo::<Entry>().list(query.page()).await?;
    let mut postings = postings(&mut tx, &page.items).await?;
    let view = |entry: Entry| {
        let postings = postings.remove(&entry.id).unwrap_or_default();
        view(&entry, postings)
    };
    Ok(Json(List::of(page, view)))
}

/// Read a journal entry
#[utoipa::path(
    get,
    path = "/v1/ledger/entries/{id}",
    tag = "ledger",
    security(("bearer" = ["ledger:view"])),
    params(("id" = EntryId, Path)),
    responses(
        (status = 200, body = EntryView),
        (status = 404, description = "There is no such entry", body = ProblemBody),
    )
)]
async fn entry(
    _: Permitted<ViewLedger>,
    mut tx: TenantTx,
    PathId(id): PathId<EntryId>,
) -> Result<Json<EntryView>, Problem> {
    let entry = tx.repo::<Entry>().get(&id).await?.ok_or_else(missing)?;
    let entries = std::slice::from_ref(&entry);
    let postings = postings(&mut tx, entries).await?.remove(&id).unwrap_or_default();
    Ok(Json(view(&entry, postings)))
}

/// Add up all debits and credits
///
/// The difference of each currency is zero at any time.
#[utoipa::path(
    get,
    path = "/v1/ledger/trial-balance",
    tag = "ledger",
    security(("bearer" = ["ledger:view"])),
    params(AsOf),
    responses(
        (status = 200, body = Vec<TrialBalanceView>),
        (status = 422, description = "The time is not valid", body = ProblemBody),
    )
)]
async fn trial_balance(
    _: Permitted<ViewLedger>,
    State(app): State<App>,
    mut tx: TenantTx,
    query: Result<Query<AsOf>, QueryRejection>,
) -> Result<Json<Vec<TrialBalanceView>>, Problem> {
    let at = AsOf::read(query)?.unwrap_or_else(|| app.now());
    let balances = TrialBalance::at(&mut tx, at).await?;
    Ok(Json(balances.into_iter().map(TrialBalanceView::from).collect()))
}

/// Reads the postings of some entries, each with what its account is for.
async fn postings(
    tx: &mut TenantTx,
    entries: &[Entry],
) -> Result<HashMap<EntryId, Vec<PostingView>>, Error> {
    /// An entry has four at most.
    const MOST: u16 = 4 * 100;

    let which = Posting::ENTRY_ID.is_in(entries.iter().map(|entry| entry.id));
    let list = tenancy_core::List::oldest(MOST).filter(which);
    let Slice { items, .. } = tx.repo::<Posting>().list(list).await?;
    let ids: Vec<_> = items.iter().map(|posting| posting.account_id).collect();
    let accounts = tx.repo::<Account>().get_many(&ids).await?;
    let codes: HashMap<_, _> = accounts.iter().map(|account| (account.id, account.code)).collect();
    let mut of_entry: HashMap<_, Vec<_>> = HashMap::new();
    for posting in &items {
        let view = PostingView::new(posting, codes[&posting.account_id]);
        of_entry.entry(posting.entry_id).or_default().push(view);
    }
    Ok(of_entry)
}

fn view(entry: &Entry, postings: Vec<PostingView>) -> EntryView {
    EntryView {
        id: entry.id,
        cause: entry.cause_kind,
        effective_at: entry.effective_at,
        recorded_at: entry.recorded_at,
        postings,
    }
}
