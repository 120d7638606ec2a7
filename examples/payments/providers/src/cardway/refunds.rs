use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde_json::json;
use uuid::Uuid;

use super::Cardway;
use super::answer::Answer;
use super::books::Books;
use super::form::Form;
use super::intents::event;
use super::refund::{Refund, Standing};
use crate::caller::Caller;
use crate::fault::Twist;
use crate::outbox::now;

pub(super) async fn create(
    State(desk): State<Cardway>,
    Caller(account): Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if account.is_empty() {
        return Answer::unauthorized().into_response();
    }
    let form = Form::read(&body);
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let work = |books: &mut Books, twist: &Twist| {
        let answer = books.once(key, "refund", &form, |books| made(books, &form, twist));
        if answer.1["object"] == "refund" {
            desk.outbox.note(event(&account, "refund.created", &answer.1));
        }
        answer.into_response()
    };
    desk.answer("refunds.create", &account, work).await
}

fn made(books: &mut Books, form: &Form, twist: &Twist) -> Answer {
    let id = form.text("payment_intent").unwrap_or_default().to_owned();
    let given_back: i64 = books
        .refunds
        .iter()
        .filter(|refund| refund.intent == id && !refund.is_failed())
        .map(|refund| refund.amount)
        .sum();
    let Some(intent) = books.intent(&id) else { return Answer::missing() };
    let asked = form.amount("amount").unwrap_or(intent.received - given_back);
    if asked > intent.received - given_back || asked <= 0 {
        let message = "The refund is greater than what is left of the charge.";
        return Answer::invalid("amount_too_large", message);
    }
    let standing = match &twist.decline {
        Some(code) => Standing::Failed(code.clone()),
        None if twist.delay => Standing::Pending,
        None => Standing::Succeeded,
    };
    let refund = Refund {
        id: format!("re_{}", Uuid::now_v7().simple()),
        intent: id,
        amount: asked + twist.more,
        currency: intent.currency.clone(),
        standing,
        metadata: form.metadata(),
        created: now(),
    };
    let answer = Answer::ok(refund.view());
    books.refunds.push(refund);
    answer
}

/// Those of a payment intent. One that was to be done later is done when it is asked for.
pub(super) async fn list(
    State(desk): State<Cardway>,
    Caller(account): Caller,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let work = |books: &mut Books, _: &Twist| {
        let of_intent = books
            .refunds
            .iter_mut()
            .filter(|refund| form.text("payment_intent").is_none_or(|id| refund.intent == id));
        let told = of_intent.map(|refund| {
            if refund.standing == Standing::Pending {
                refund.standing = Standing::Succeeded;
            }
            refund.view()
        });
        let data: Vec<_> = told.collect();
        Answer::ok(json!({ "object": "list", "data": data, "has_more": false })).into_response()
    };
    desk.answer("refunds.list", &account, work).await
}
