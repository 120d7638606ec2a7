//! A core-banking system: accounts, transfers between them, and statements to reconcile with.
//!
//! Statement lines come from transfers and from `POST /_admin/lines`, which stands for what a
//! payment provider pays out.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::fault::Twist;
use crate::outbox::Outbox;
use crate::webhooks::Scheme;

type CoreBank = Arc<Desk<Books>>;

#[derive(Debug, Default)]
struct Books {
    accounts: Vec<Account>,
    transfers: Vec<Transfer>,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    id: String,
    currency: String,
    #[serde(default)]
    balance: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    /// The caller's own id: one is done once.
    id: String,
    from: String,
    to: String,
    amount: i64,
    reference: String,
}

/// A line of a statement.
#[derive(Debug, Clone, Serialize)]
struct Line {
    id: String,
    account: String,
    /// What was added, or taken away.
    amount: i64,
    currency: String,
    reference: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLine {
    /// The API key of the bank whose books it is written into.
    key: String,
    account: String,
    amount: i64,
    reference: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    /// Only lines behind this one.
    after: Option<String>,
    limit: Option<usize>,
}

/// Returns its routes.
pub(crate) fn router() -> Router {
    let desk: CoreBank = Desk::new(Outbox::new(Scheme::Standard));
    Router::new()
        .route("/accounts", get(accounts).post(open))
        .route("/accounts/{id}/statement", get(statement))
        .route("/transfers", post(transfer))
        .route("/_admin/lines", post(add_line))
        .with_state(desk.clone())
        .merge(crate::admin::router(desk))
}

async fn accounts(State(desk): State<CoreBank>, Caller(key): Caller) -> Response {
    let work =
        |books: &mut Books, _: &Twist| Json(json!({ "accounts": books.accounts })).into_response();
    desk.answer("accounts.list", &key, work).await
}

async fn open(
    State(desk): State<CoreBank>,
    Caller(key): Caller,
    Json(account): Json<Account>,
) -> Response {
    let work = |books: &mut Books, _: &Twist| {
        if key.is_empty() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        if books.accounts.iter().any(|other| other.id == account.id) {
            return StatusCode::CONFLICT.into_response();
        }
        books.accounts.push(account.clone());
        (StatusCode::CREATED, Json(account)).into_response()
    };
    desk.answer("accounts.open", &key, work).await
}

async fn transfer(
    State(desk): State<CoreBank>,
    Caller(key): Caller,
    Json(transfer): Json<Transfer>,
) -> Response {
    let work = |books: &mut Books, _: &Twist| {
        if let Some(done) = books.transfers.iter().find(|done| done.id == transfer.id) {
            let status = if *done == transfer { StatusCode::OK } else { StatusCode::CONFLICT };
            return (status, Json(done)).into_response();
        }
        if let Some(reason) = books.refusal(&transfer) {
            return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": reason })))
                .into_response();
        }
        books.book(&transfer.from, -transfer.amount, &transfer.reference);
        books.book(&transfer.to, transfer.amount, &transfer.reference);
        books.transfers.push(transfer.clone());
        (StatusCode::CREATED, Json(transfer)).into_response()
    };
    desk.answer("transfers.create", &key, work).await
}

async fn statement(
    State(desk): State<CoreBank>,
    Caller(key): Caller,
    Path(id): Path<String>,
    Query(since): Query<Since>,
) -> Response {
    let work = |books: &mut Books, twist: &Twist| {
        if !books.accounts.iter().any(|account| account.id == id) {
            return StatusCode::NOT_FOUND.into_response();
        }
        let behind = |line: &&Line| since.after.as_ref().is_none_or(|after| line.id > *after);
        let of_account = books.lines.iter().filter(|line| line.account == id).filter(behind);
        let limit = since.limit.unwrap_or(100).min(1_000);
        let mut lines: Vec<_> = of_account.take(limit + 1).cloned().collect();
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        for line in &mut lines {
            line.amount += twist.more;
        }
        Json(json!({ "lines": lines, "hasMore": has_more })).into_response()
    };
    desk.answer("statement.read", &key, work).await
}

async fn add_line(State(desk): State<CoreBank>, Json(new): Json<NewLine>) -> StatusCode {
    desk.with(&new.key, |books| {
        if books.book(&new.account, new.amount, &new.reference) {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::NOT_FOUND
        }
    })
}

impl Books {
    fn refusal(&self, transfer: &Transfer) -> Option<&'static str> {
        let account = |id: &str| self.accounts.iter().find(|account| account.id == id);
        let (Some(from), Some(to)) = (account(&transfer.from), account(&transfer.to)) else {
            return Some("ACCOUNT_MISSING");
        };
        match () {
            () if transfer.amount <= 0 => Some("AMOUNT_INVALID"),
            () if from.currency != to.currency => Some("CURRENCIES_DIFFER"),
            () if from.balance < transfer.amount => Some("INSUFFICIENT_FUNDS"),
            () => None,
        }
    }

    /// Adds to an account, with a line for its statement; tells whether there is such an account.
    fn book(&mut self, id: &str, amount: i64, reference: &str) -> bool {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id == id) else {
            return false;
        };
        account.balance += amount;
        self.lines.push(Line {
            id: format!("line_{}", Uuid::now_v7().simple()),
            account: id.to_owned(),
            amount,
            currency: account.currency.clone(),
            reference: reference.to_owned(),
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use http_body_util::BodyExt as _;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    async fn call(
        router: &Router,
        key: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        let response = router
            .clone()
            .oneshot(request.body(Body::from(body.to_string())).unwrap())
            .await
            .unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    #[tokio::test]
    async fn transfers_are_done_once_and_stand_in_the_statements_of_their_bank() {
        let router = router();
        for key in ["one", "two"] {
            for (id, balance) in [("a", 100), ("b", 0)] {
                let account = json!({ "id": id, "currency": "USD", "balance": balance });
                assert_eq!(
                    call(&router, key, "POST", "/accounts", &account).await.0,
                    StatusCode::CREATED
                );
            }
        }
        let order =
            json!({ "id": "t1", "from": "a", "to": "b", "amount": 60, "reference": "po 1" });
        assert_eq!(call(&router, "one", "POST", "/transfers", &order).await.0, StatusCode::CREATED);
        assert_eq!(call(&router, "one", "POST", "/transfers", &order).await.0, StatusCode::OK);
        let more = json!({ "id": "t2", "from": "a", "to": "b", "amount": 60, "reference": "po 2" });
        let (status, refused) = call(&router, "one", "POST", "/transfers", &more).await;
        assert_eq!(
            (status, &refused["error"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &"INSUFFICIENT_FUNDS".into())
        );
        for (key, lines) in [("one", 1), ("two", 0)] {
            let (_, read) = call(&router, key, "GET", "/accounts/b/statement", &Value::Null).await;
            assert_eq!(read["lines"].as_array().map(Vec::len), Some(lines), "{key}");
        }
        let line = json!({ "key": "two", "account": "b", "amount": 5, "reference": "payout" });
        assert_eq!(
            call(&router, "", "POST", "/_admin/lines", &line).await.0,
            StatusCode::NO_CONTENT
        );
        let (_, read) = call(&router, "two", "GET", "/accounts/b/statement", &Value::Null).await;
        let first = read["lines"][0]["id"].as_str().unwrap().to_owned();
        let (_, rest) = call(
            &router,
            "two",
            "GET",
            &format!("/accounts/b/statement?after={first}"),
            &Value::Null,
        )
        .await;
        assert_eq!(rest["lines"], json!([]));
    }
}
