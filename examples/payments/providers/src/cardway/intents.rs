use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Cardway;
use super::answer::Answer;
use super::books::Books;
use super::form::Form;
use super::intent::{Intent, Status};
use crate::caller::Caller;
use crate::fault::Twist;
use crate::outbox::{Event, now};

/// A call that is harmless: whoever wants to know whether a key is good makes it.
pub(super) async fn balance(State(desk): State<Cardway>, Caller(account): Caller) -> Response {
    if account.is_empty() {
        return Answer::unauthorized().into_response();
    }
    let answer = |books: &mut Books, _: &Twist| {
        let amount: i64 = books.intents.iter().map(|intent| intent.received).sum();
        Answer::ok(json!({ "object": "balance", "pending": [{ "amount": amount }] }))
            .into_response()
    };
    desk.answer("balance.retrieve", &account, answer).await
}

pub(super) async fn create(
    State(desk): State<Cardway>,
    Caller(account): Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if account.is_empty() {
        return Answer::unauthorized().into_response();
    }
    let (form, key) = (Form::read(&body), idempotency_key(&headers));
    let work = |books: &mut Books, twist: &Twist| {
        let answer = books.once(key, "create", &form, |books| made(books, &form, twist));
        note(&desk, &account, &answer);
        answer.into_response()
    };
    desk.answer("payment_intents.create", &account, work).await
}

fn made(books: &mut Books, form: &Form, twist: &Twist) -> Answer {
    let (Some(amount), Some(currency)) = (form.amount("amount"), form.text("currency")) else {
        return Answer::invalid("parameter_missing", "Missing amount or currency.");
    };
    let mut intent = Intent {
        id: format!("pi_{}", Uuid::now_v7().simple()),
        amount: amount + twist.more,
        currency: currency.to_ascii_lowercase(),
        is_manual: form.text("capture_method") == Some("manual"),
        status: Status::RequiresPaymentMethod,
        capturable: 0,
        received: 0,
        declined: twist.decline.clone().or_else(|| declined_by_method(form)),
        metadata: form.metadata(),
        created: now(),
    };
    if intent.declined.is_none() && form.text("confirm") == Some("true") {
        if twist.delay {
            intent.status = Status::Processing;
        } else {
            intent.authorize();
        }
    }
    let answer = answer(&intent);
    books.intents.push(intent);
    answer
}

/// `pm_declined_CODE` is a card that is refused with that code.
fn declined_by_method(form: &Form) -> Option<String> {
    form.text("payment_method")?.strip_prefix("pm_declined_").map(str::to_owned)
}

fn answer(intent: &Intent) -> Answer {
    let view = intent.view();
    match &intent.declined {
        None => Answer::ok(view),
        Some(code) => {
            let error = json!({
                "type": "card_error", "code": "card_declined", "decline_code": code,
                "message": "Your card was declined.", "payment_intent": view,
            });
            Answer(StatusCode::PAYMENT_REQUIRED, json!({ "error": error }))
        }
    }
}

pub(super) async fn retrieve(
    State(desk): State<Cardway>,
    Caller(account): Caller,
    Path(id): Path<String>,
) -> Response {
    let work = |books: &mut Books, _: &Twist| {
        let found = books.intent(&id).map(|intent| Answer::ok(told(intent)));
        found.unwrap_or_else(Answer::missing).into_response()
    };
    desk.answer("payment_intents.retrieve", &account, work).await
}

/// What was to be said later is said when it is asked for.
fn told(intent: &mut Intent) -> Value {
    if intent.status == Status::Processing {
        intent.authorize();
    }
    intent.view()
}

/// Only `metadata["NAME"]:"VALUE"` is understood.
pub(super) async fn search(
    State(desk): State<Cardway>,
    Caller(account): Caller,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let Some((name, value)) = form.text("query").and_then(by_metadata) else {
        return Answer::invalid("parameter_invalid", "The query is not understood.")
            .into_response();
    };
    let work = |books: &mut Books, _: &Twist| {
        let found =
            books.intents.iter_mut().filter(|intent| intent.metadata.get(&name) == Some(&value));
        let data: Vec<_> = found.map(told).collect();
        let list = json!({ "object": "search_result", "data": data, "has_more": false });
        Answer::ok(list).into_response()
    };
    desk.answer("payment_intents.search", &account, work).await
}

fn by_metadata(query: &str) -> Option<(String, String)> {
    let (name, value) = query.strip_prefix("metadata[\"")?.split_once("\"]:\"")?;
    Some((name.to_owned(), value.strip_suffix('"')?.to_owned()))
}

pub(super) async fn capture(
    State(desk): State<Cardway>,
    Caller(account): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (form, key) = (Form::read(&body), idempotency_key(&headers));
    let work = |books: &mut Books, twist: &Twist| {
        let path = format!("capture {id}");
        let answer = books.once(key, &path, &form, |books| match books.intent(&id) {
            Some(intent) => taken(intent, &form, twist),
            None => Answer::missing(),
        });
        note(&desk, &account, &answer);
        answer.into_response()
    };
    desk.answer("payment_intents.capture", &account, work).await
}

fn taken(intent: &mut Intent, form: &Form, twist: &Twist) -> Answer {
    if intent.status != Status::RequiresCapture {
        let message = "This PaymentIntent could not be captured because of its status.";
        return Answer::invalid("payment_intent_unexpected_state", message);
    }
    if let Some(code) = &twist.decline {
        return Answer::invalid(code, "The capture was refused.");
    }
    let asked = form.amount("amount_to_capture").unwrap_or(intent.capturable);
    if asked > intent.capturable {
        let message = "The amount is greater than the amount that can be captured.";
        return Answer::invalid("amount_too_large", message);
    }
    // What is said of the capture in the metadata is what was done, not what was asked.
    let mut metadata = form.metadata();
    for value in metadata.values_mut().filter(|value| **value == asked.to_string()) {
        *value = (asked + twist.more).to_string();
    }
    intent.metadata.append(&mut metadata);
    intent.capture(asked + twist.more, form.text("final_capture") != Some("false"));
    Answer::ok(intent.view())
}

pub(super) async fn cancel(
    State(desk): State<Cardway>,
    Caller(account): Caller,
    Path(id): Path<String>,
) -> Response {
    let work = |books: &mut Books, _: &Twist| {
        let answer = match books.intent(&id) {
            None => Answer::missing(),
            Some(intent) if matches!(intent.status, Status::Succeeded | Status::Canceled) => {
                let message = "You cannot cancel this PaymentIntent because of its status.";
                Answer::invalid("payment_intent_unexpected_state", message)
            }
            Some(intent) => {
                intent.cancel();
                Answer::ok(intent.view())
            }
        };
        note(&desk, &account, &answer);
        answer.into_response()
    };
    desk.answer("payment_intents.cancel", &account, work).await
}

fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key").and_then(|value| value.to_str().ok())
}

/// Notes what has happened, for the account to be told.
fn note(desk: &Cardway, account: &str, Answer(_, body): &Answer) {
    let object = body.pointer("/error/payment_intent").unwrap_or(body);
    let kind = match object["status"].as_str() {
        Some("processing") => "payment_intent.processing",
        Some("requires_capture") => "payment_intent.amount_capturable_updated",
        Some("requires_payment_method") => "payment_intent.payment_failed",
        Some("succeeded") => "payment_intent.succeeded",
        Some("canceled") => "payment_intent.canceled",
        _ => return,
    };
    desk.outbox.note(event(account, kind, object));
}

/// An event about an object as it is now.
pub(super) fn event(account: &str, kind: &str, object: &Value) -> Event {
    let id = format!("evt_{}", Uuid::now_v7().simple());
    let body = json!({
        "id": id, "object": "event", "type": kind, "created": now(), "livemode": false,
        "data": { "object": object },
    });
    Event { id, account: account.to_owned(), kind: kind.to_owned(), body }
}
