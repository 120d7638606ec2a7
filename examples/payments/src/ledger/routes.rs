use std::collections::HashMap;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, StatusCode};
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use serde::Serialize;
use tenancy_axum::Permitted;
use tenancy_core::{Error, Problem, Slice};
use tenancy_sqlx::TenantTx;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::as_of::{AsOf, Period};
use super::balances::{Balance, BalanceView};
use super::capabilities::{ExportLedger, SettleLedger, VerifyLedger, ViewLedger};
use super::entry::{EntryView, PostingView};
use super::settle::{self, NewSettlement, SettlementView};
use super::statement;
use super::trial_balance::{TrialBalance, TrialBalanceView};
use super::verify::{self, Verification};
use super::{Account, AccountCode, Entry, Posting, Side};
use crate::app::App;
use crate::ids::{AccountId, EntryId, PathId, PaymentId, missing};
use crate::money::Currency;
use crate::payments::Payment;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(accounts))
        .routes(routes!(entries))
        .routes(routes!(entry))
        .routes(routes!(trial_balance))
        .routes(routes!(settle))
        .routes(routes!(balances))
        .routes(routes!(verify))
        .routes(routes!(statement))
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

/// Write down that a provider has paid out what it captured of a payment
///
/// Then it is in the bank, and the tenant can dispose of what the fee leaves.
#[utoipa::path(
    post,
    path = "/v1/ledger/settlements",
    tag = "ledger",
    security(("bearer" = ["ledger:settle"])),
    request_body = NewSettlement,
    responses(
        (status = 201, body = SettlementView),
        (status = 409, description = "Nothing of it is left to settle", body = ProblemBody),
        (status = 422, description = "There is no such payment", body = ProblemBody),
    )
)]
async fn settle(
    _: Permitted<SettleLedger>,
    State(app): State<App>,
    mut tx: TenantTx,
    Json(new): Json<NewSettlement>,
) -> Result<(StatusCode, Json<SettlementView>), Problem> {
    let payment_missing =
        || Problem::new(422, "payment_missing", "There is no such payment").with_param("payment");
    let id: PaymentId = new.payment.parse().map_err(|_| payment_missing())?;
    let payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(payment_missing)?;
    let settled = settle::settle(&mut tx, &payment, app.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(settled)))
}

/// Read what stood on each account at a time
#[utoipa::path(
    get,
    path = "/v1/ledger/balances",
    tag = "ledger",
    security(("bearer" = ["ledger:view"])),
    params(AsOf),
    responses(
        (status = 200, body = Vec<BalanceView>),
        (status = 422, description = "The time is not valid", body = ProblemBody),
    )
)]
async fn balances(
    _: Permitted<ViewLedger>,
    State(app): State<App>,
    mut tx: TenantTx,
    query: Result<Query<AsOf>, QueryRejection>,
) -> Result<Json<Vec<BalanceView>>, Problem> {
    let at = AsOf::read(query)?.unwrap_or_else(|| app.now());
    let balances = Balance::at(&mut tx, at).await?;
    Ok(Json(balances.into_iter().map(BalanceView::from).collect()))
}

/// Add the whole ledger up anew
#[utoipa::path(
    get,
    path = "/v1/ledger/verify",
    tag = "ledger",
    security(("bearer" = ["ledger:verify"])),
    responses((status = 200, body = Verification))
)]
async fn verify(
    _: Permitted<VerifyLedger>,
    mut tx: TenantTx,
) -> Result<Json<Verification>, Problem> {
    Ok(Json(verify::verify(&mut tx).await?))
}

/// Export an account's postings as CSV
#[utoipa::path(
    get,
    path = "/v1/ledger/accounts/{id}/statement",
    tag = "ledger",
    security(("bearer" = ["ledger:export"])),
    params(("id" = AccountId, Path), Period),
    responses(
        (status = 200, body = String, content_type = "text/csv"),
        (status = 404, description = "There is no such account", body = ProblemBody),
        (status = 422, description = "A time is not valid", body = ProblemBody),
    )
)]
async fn statement(
    _: Permitted<ExportLedger>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<AccountId>,
    query: Result<Query<Period>, QueryRejection>,
) -> Result<([(HeaderName, &'static str); 2], String), Problem> {
    let (from, to) = Period::read(query)?;
    let account = tx.repo::<Account>().get(&id).await?.ok_or_else(missing)?;
    let csv = statement::csv(&mut tx, &account, from, to.unwrap_or_else(|| app.now())).await?;
    let attached = "attachment; filename=\"statement.csv\"";
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, attached)], csv))
}

/// Reads the postings of some entries, each with what its account is for.
async fn postings(
    tx: &mut TenantTx,
    entries: &[Entry],
) -> Result<HashMap<EntryId, Vec<PostingView>>, Error> {
    /// An entry has twenty at most.
    const MOST: u16 = 20 * 100;

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
        reason_code: entry.reason_code.clone(),
        reverses: entry.reverses,
        postings,
    }
}
