use async_trait::async_trait;
use http::StatusCode;
use reqwest::Method;
use serde_json::Value;
use time::Duration;

use super::http::{Endpoint, Reply, segment, send};
use super::{CallError, Connector, Order, Question, Report, Standing};
use crate::money::{Amount, Currency};

mod report;
mod told;

use report::{of_capture, of_intent, of_refund};
pub(crate) use told::told;

/// Whoever speaks the public shapes of Stripe's API, as Stripe does.
///
/// Of a request id everything is done once: it is the idempotency key, and stands in the metadata,
/// by which a payment intent is found again. Capturing in parts needs the account's multicapture.
#[derive(Debug)]
pub(crate) struct Stripe {
    endpoint: Endpoint,
    key: String,
}

/// The version of the API whose shapes these are.
const VERSION: &str = "2024-06-20";

/// ISO 4217 gives them no decimals, and Stripe's API two.
const COUNTED_OTHERWISE: [&str; 2] = ["ISK", "UGX"];

type Form<'a> = Vec<(&'a str, String)>;

impl Stripe {
    pub(crate) const fn new(endpoint: Endpoint, key: String) -> Self {
        Self { endpoint, key }
    }

    async fn post(
        &self,
        path: &str,
        request_id: &str,
        form: &Form<'_>,
    ) -> Result<Reply, CallError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self
            .endpoint
            .request(Method::POST, path)
            .bearer_auth(&self.key)
            .header("stripe-version", VERSION)
            .header("idempotency-key", request_id)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        send(request).await
    }

    async fn get(&self, path: &str) -> Result<Reply, CallError> {
        let request = self.endpoint.request(Method::GET, path).bearer_auth(&self.key);
        send(request.header("stripe-version", VERSION)).await
    }

    async fn intent(&self, reference: &str) -> Result<Value, CallError> {
        let reply = self.get(&format!("/v1/payment_intents/{}", segment(reference))).await?;
        understood(reply)
    }
}

#[async_trait]
impl Connector for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    async fn authorize(
        &self,
        order: &Order<'_>,
        payment_method: &str,
        capture: bool,
    ) -> Result<Report, CallError> {
        if COUNTED_OTHERWISE.contains(&order.currency.code()) {
            return Ok(declined(order, "currency_not_supported"));
        }
        let mut form: Form<'_> = vec![
            ("amount", order.amount.units().to_string()),
            ("currency", order.currency.code().to_ascii_lowercase()),
            ("confirm", "true".to_owned()),
            ("payment_method", payment_method.to_owned()),
            ("payment_method_types[]", "card".to_owned()),
            ("capture_method", if capture { "automatic" } else { "manual" }.to_owned()),
            ("metadata[request_id]", order.request_id.to_owned()),
        ];
        if !capture {
            let multicapture = "payment_method_options[card][request_multicapture]";
            form.push((multicapture, "if_available".to_owned()));
        }
        let Reply { status, body } =
            self.post("/v1/payment_intents", order.request_id, &form).await?;
        match (status, body.pointer("/error/payment_intent")) {
            (StatusCode::PAYMENT_REQUIRED, Some(intent)) => of_intent(intent),
            (status, _) if status.is_client_error() => Ok(declined(order, &code(&body))),
            _ => of_intent(&body),
        }
    }

    async fn capture(&self, order: &Order<'_>, reference: &str) -> Result<Report, CallError> {
        let path = format!("/v1/payment_intents/{}/capture", segment(reference));
        let units = order.amount.units().to_string();
        let name = format!("metadata[{}]", order.request_id);
        let form: Form<'_> = vec![
            ("amount_to_capture", units.clone()),
            ("final_capture", "false".to_owned()),
            (name.as_str(), units),
        ];
        let Reply { status, body } = self.post(&path, order.request_id, &form).await?;
        if status.is_client_error() {
            return Ok(declined(order, &code(&body)));
        }
        of_capture(&body, order.request_id)?.ok_or(CallError::Unknown(Some(status.as_u16())))
    }

    async fn refund(&self, order: &Order<'_>, reference: &str) -> Result<Report, CallError> {
        let form: Form<'_> = vec![
            ("payment_intent", reference.to_owned()),
            ("amount", order.amount.units().to_string()),
            ("metadata[request_id]", order.request_id.to_owned()),
        ];
        let Reply { status, body } = self.post("/v1/refunds", order.request_id, &form).await?;
        if status.is_client_error() {
            return Ok(declined(order, &code(&body)));
        }
        of_refund(&body)
    }

    async fn void(&self, reference: &str) -> Result<(), CallError> {
        let path = format!("/v1/payment_intents/{}/cancel", segment(reference));
        let reply = self.post(&path, &format!("void-{reference}"), &Vec::new()).await?;
        if !reply.status.is_client_error() {
            return Ok(());
        }
        // It may have been freed before, or all of it captured.
        match self.intent(reference).await?["amount_capturable"].as_i64() {
            Some(0) => Ok(()),
            _ => Err(CallError::Unknown(Some(reply.status.as_u16()))),
        }
    }

    async fn find(&self, question: &Question<'_>) -> Result<Option<Report>, CallError> {
        match *question {
            Question::Authorization { request_id } => {
                let query = format!("metadata[\"request_id\"]:\"{request_id}\"");
                let path = format!("/v1/payment_intents/search?query={}", segment(&query));
                let list = understood(self.get(&path).await?)?;
                first(&list, |_| true)?.map(of_intent).transpose()
            }
            Question::Capture { request_id, reference } => {
                of_capture(&self.intent(reference).await?, request_id)
            }
            Question::Refund { request_id, reference } => {
                let path = format!("/v1/refunds?limit=100&payment_intent={}", segment(reference));
                let list = understood(self.get(&path).await?)?;
                let is_it = |refund: &Value| refund["metadata"]["request_id"] == request_id;
                first(&list, is_it)?.map(of_refund).transpose()
            }
        }
    }

    async fn ping(&self) -> Result<(), CallError> {
        understood(self.get("/v1/balance").await?).map(drop)
    }

    /// A search finds what is a minute old, most times.
    fn settles_within(&self) -> Duration {
        Duration::minutes(5)
    }
}

/// Returns the first of a list that is meant. A list that goes on does not say that it has none.
fn first(list: &Value, is_it: impl Fn(&Value) -> bool) -> Result<Option<&Value>, CallError> {
    let data = list["data"].as_array().ok_or(CallError::Unknown(None))?;
    match data.iter().find(|one| is_it(one)) {
        None if list["has_more"] == true => Err(CallError::Unknown(None)),
        found => Ok(found),
    }
}

/// An answer to a question is its body; a refusal is none.
fn understood(reply: Reply) -> Result<Value, CallError> {
    if reply.status.is_success() {
        return Ok(reply.body);
    }
    Err(CallError::Unknown(Some(reply.status.as_u16())))
}

fn declined(order: &Order<'_>, code: &str) -> Report {
    let standing = Standing::Declined(code.to_owned());
    Report { reference: None, amount: order.amount, currency: order.currency, standing }
}

fn code(body: &Value) -> String {
    report::refusal(&body["error"])
}

/// Reads an amount and its currency; a provider that tells none says nothing.
fn money(units: &Value, currency: &Value) -> Result<(Amount, Currency), CallError> {
    let amount = units.as_i64().and_then(Amount::new);
    let currency = currency.as_str().map(str::to_ascii_uppercase);
    let currency = currency.as_deref().and_then(Currency::parse);
    amount.zip(currency).ok_or(CallError::Unknown(None))
}
