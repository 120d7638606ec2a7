use axum::Json;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Paynova;
use super::books::{Books, Order};
use super::operation::Kind;
use super::signed;
use crate::fault::Twist;
use crate::money;
use crate::outbox::{Event, now};

/// A call, its signature checked.
struct Call {
    account: String,
}

impl Call {
    fn read(
        desk: &Paynova,
        method: &Method,
        uri: &OriginalUri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Self> {
        let account = headers.get("x-paynova-key")?.to_str().ok()?.to_owned();
        let secret = desk.with(&account, |books| books.secret.clone())?;
        let path = uri.0.path_and_query()?.as_str();
        signed::is_good(&secret, method.as_str(), path, headers, body).then_some(Self { account })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    external_id: String,
    money: Money,
    #[serde(default)]
    source: String,
    #[serde(default)]
    mode: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Money {
    value: String,
    currency: String,
}

impl Asked {
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    fn order(&self) -> Option<Order> {
        let amount = money::read(&self.money.value, &self.money.currency)?;
        let (external, currency) = (self.external_id.clone(), self.money.currency.clone());
        Some(Order { external, amount, currency })
    }
}

pub(super) async fn ping(
    State(desk): State<Paynova>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Response {
    let Some(call) = Call::read(&desk, &method, &uri, &headers, b"") else { return unauthorized() };
    let pong = |_: &mut Books, _: &Twist| Json(json!({ "ping": "pong" })).into_response();
    desk.answer("ping", &call.account, pong).await
}

pub(super) async fn pay(
    State(desk): State<Paynova>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(call) = Call::read(&desk, &method, &uri, &headers, &body) else {
        return unauthorized();
    };
    let asked = Asked::read(&body);
    let Some((asked, order)) = asked.and_then(|asked| asked.order().map(|order| (asked, order)))
    else {
        return malformed();
    };
    let work = |books: &mut Books, twist: &Twist| {
        if let Some(done) = books.find(&asked.external_id) {
            return Json(done.view()).into_response();
        }
        let refused = asked.source.strip_prefix("pm_declined_").map(str::to_owned);
        let view = books.pay(order, asked.mode == "charge", refused, twist).view();
        note(&desk, &call.account, &view);
        (StatusCode::CREATED, Json(view)).into_response()
    };
    desk.answer("payments.create", &call.account, work).await
}

pub(super) async fn charge(
    desk: State<Paynova>,
    id: Path<String>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(call) = Call::read(&desk, &method, &uri, &headers, &body) else {
        return unauthorized();
    };
    operate(&desk, &call, "charges.create", Kind::Charge, &id, &body).await
}

pub(super) async fn refund(
    desk: State<Paynova>,
    id: Path<String>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(call) = Call::read(&desk, &method, &uri, &headers, &body) else {
        return unauthorized();
    };
    operate(&desk, &call, "refunds.create", Kind::Refund, &id, &body).await
}

async fn operate(
    desk: &Paynova,
    call: &Call,
    operation: &str,
    kind: Kind,
    id: &str,
    body: &[u8],
) -> Response {
    let Some(order) = Asked::read(body).and_then(|asked| asked.order()) else { return malformed() };
    let work = |books: &mut Books, twist: &Twist| {
        if let Some(done) = books.find(&order.external) {
            return Json(done.view()).into_response();
        }
        let Some(done) = books.work(id, kind, order, twist) else { return missing() };
        let view = done.view();
        note(desk, &call.account, &view);
        (StatusCode::CREATED, Json(view)).into_response()
    };
    desk.answer(operation, &call.account, work).await
}

pub(super) async fn release(
    State(desk): State<Paynova>,
    Path(id): Path<String>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Response {
    let Some(call) = Call::read(&desk, &method, &uri, &headers, b"") else { return unauthorized() };
    let work = |books: &mut Books, _: &Twist| {
        if books.release(&id) { StatusCode::NO_CONTENT.into_response() } else { missing() }
    };
    desk.answer("reservations.delete", &call.account, work).await
}

pub(super) async fn find(
    State(desk): State<Paynova>,
    Path(external): Path<String>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Response {
    let Some(call) = Call::read(&desk, &method, &uri, &headers, b"") else { return unauthorized() };
    let work = |books: &mut Books, _: &Twist| match books.told(&external) {
        Some(operation) => Json(operation.view()).into_response(),
        None => missing(),
    };
    desk.answer("operations.find", &call.account, work).await
}

/// An account, as it is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    key: String,
    secret: String,
}

pub(super) async fn account(
    State(desk): State<Paynova>,
    Json(account): Json<Account>,
) -> StatusCode {
    desk.with(&account.key, |books| books.secret = Some(account.secret));
    StatusCode::NO_CONTENT
}

/// Notes what has happened, for the account to be told.
fn note(desk: &Paynova, account: &str, view: &Value) {
    let word = |name: &str| view[name].as_str().unwrap_or_default().to_ascii_lowercase();
    let kind = format!("{}.{}", word("type"), word("status"));
    let id = format!("msg_{}", Uuid::now_v7().simple());
    let body = json!({ "type": kind, "timestamp": now(), "data": view });
    desk.outbox.note(Event { id, account: account.to_owned(), kind, body });
}

fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, Json(json!({ "error": "BAD_SIGNATURE" }))).into_response()
}

fn malformed() -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": "MALFORMED" }))).into_response()
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "error": "NOT_FOUND" }))).into_response()
}
