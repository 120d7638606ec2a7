use std::fmt::Write as _;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use super::http::{Endpoint, Reply, segment, send};
use super::{CallError, Connector, Order, Question, Report, Standing, Told};
use crate::money::{Amount, Currency};

/// Paynova: JSON, amounts as people write them, and requests signed with the account's secret.
///
/// Everything asked of it is an operation under the request's id, which it does once.
#[derive(Debug)]
pub(crate) struct Paynova {
    endpoint: Endpoint,
    key: String,
    secret: String,
}

impl Paynova {
    /// Takes a secret of the form `KEY:SECRET`; `None` when it is not that.
    pub(crate) fn new(endpoint: Endpoint, secret: &str) -> Option<Self> {
        let (key, secret) = secret.split_once(':')?;
        let (key, secret) = (key.to_owned(), secret.to_owned());
        Some(Self { endpoint, key, secret })
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Reply, CallError> {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (seconds, signature) = self.sign(&method, path, &body);
        let request = self
            .endpoint
            .request(method, path)
            .header("content-type", "application/json")
            .header("x-paynova-key", &self.key)
            .header("x-paynova-timestamp", seconds)
            .header("x-paynova-signature", signature)
            .body(body);
        send(request).await
    }

    fn sign(&self, method: &Method, path: &str, body: &str) -> (i64, String) {
        let seconds = seconds();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())
            .expect("a key of any length is one");
        mac.update(format!("{seconds}\n{method}\n{path}\n{body}").as_bytes());
        let signature = mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        (seconds, signature)
    }

    async fn order(&self, path: &str, order: &Order<'_>, more: Value) -> Result<Report, CallError> {
        let mut body = json!({
            "externalId": order.request_id,
            "money": {
                "value": order.amount.decimal(order.currency), "currency": order.currency.code(),
            },
        });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        let Reply { status, body } = self.call(Method::POST, path, Some(body)).await?;
        if status.is_client_error() {
            let standing = Standing::Declined("rejected".to_owned());
            let (amount, currency) = (order.amount, order.currency);
            return Ok(Report { reference: None, amount, currency, standing });
        }
        report(&body)
    }
}

#[async_trait]
impl Connector for Paynova {
    fn name(&self) -> &'static str {
        "paynova"
    }

    async fn authorize(
        &self,
        order: &Order<'_>,
        payment_method: &str,
        capture: bool,
    ) -> Result<Report, CallError> {
        let mode = if capture { "charge" } else { "reserve" };
        let members = json!({ "source": payment_method, "mode": mode });
        self.order("/api/payments", order, members).await
    }

    async fn capture(&self, order: &Order<'_>, reference: &str) -> Result<Report, CallError> {
        let path = format!("/api/payments/{}/charges", segment(reference));
        self.order(&path, order, Value::Null).await
    }

    async fn refund(&self, order: &Order<'_>, reference: &str) -> Result<Report, CallError> {
        let path = format!("/api/payments/{}/refunds", segment(reference));
        self.order(&path, order, Value::Null).await
    }

    async fn void(&self, reference: &str) -> Result<(), CallError> {
        let path = format!("/api/payments/{}/reservation", segment(reference));
        let reply = self.call(Method::DELETE, &path, None).await?;
        if reply.status.is_success() {
            return Ok(());
        }
        Err(CallError::Unknown(Some(reply.status.as_u16())))
    }

    async fn find(&self, question: &Question<'_>) -> Result<Option<Report>, CallError> {
        let path = format!("/api/operations/{}", segment(question.request_id()));
        let reply = self.call(Method::GET, &path, None).await?;
        match reply.status.as_u16() {
            // Only its own answer says that it has nothing: not that of whoever stands before it.
            404 if reply.body["error"] == "NOT_FOUND" => Ok(None),
            200 => report(&reply.body).map(Some),
            other => Err(CallError::Unknown(Some(other))),
        }
    }

    async fn ping(&self) -> Result<(), CallError> {
        let reply = self.call(Method::GET, "/api/ping", None).await?;
        if reply.status.is_success() {
            Ok(())
        } else {
            Err(CallError::Unknown(Some(reply.status.as_u16())))
        }
    }
}

/// Reads an operation.
fn report(operation: &Value) -> Result<Report, CallError> {
    let money = &operation["money"];
    let currency = money["currency"].as_str().and_then(Currency::parse);
    let currency = currency.ok_or(CallError::Unknown(None))?;
    let amount = money["value"].as_str().and_then(|text| Amount::of_decimal(text, currency));
    let amount = amount.ok_or(CallError::Unknown(None))?;
    let standing = match operation["status"].as_str() {
        Some("DONE") => Standing::Succeeded,
        Some("IN_PROGRESS") => Standing::Pending,
        Some("REFUSED") => Standing::Declined(reason(&operation["reason"])),
        _ => return Err(CallError::Unknown(None)),
    };
    let reference = operation["paymentId"].as_str().map(str::to_owned);
    Ok(Report { reference, amount, currency, standing })
}

/// Reads an event: it carries the operation that it is about, under our own id.
///
/// # Errors
///
/// [`CallError::Unknown`] for an operation that is not understood.
pub(crate) fn told(event: &Value) -> Result<Vec<Told>, CallError> {
    let operation = &event["data"];
    let text = |name: &str| operation[name].as_str().map(str::to_owned);
    // A refund under an id that is not ours was made there.
    let is_ours = |id: &String| id.starts_with("ref_");
    match (text("type").as_deref(), text("externalId")) {
        (Some("refund"), external) if !external.as_ref().is_some_and(is_ours) => {
            let reference = text("operationId").ok_or(CallError::Unknown(None))?;
            let (payment, report) = (text("paymentId"), report(operation)?);
            Ok(vec![Told::Refund { reference, payment, report }])
        }
        (_, Some(request_id)) => Ok(vec![Told::Request { request_id, report: report(operation)? }]),
        (_, None) => Ok(Vec::new()),
    }
}

/// A reason is a word of at most sixty letters: what else a provider says goes nowhere.
fn reason(reason: &Value) -> String {
    let word = reason.as_str().unwrap_or("refused").to_ascii_lowercase();
    word.chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .take(60)
        .collect()
}

/// A provider lives in the real time, whatever time the platform is shown.
#[expect(clippy::disallowed_methods, reason = "a signature is for a server outside")]
fn seconds() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read() {
        let of = |status: &str, value: &str| {
            let money = json!({ "value": value, "currency": "KWD" });
            report(
                &json!({ "status": status, "money": money, "paymentId": "pn_1", "reason": "LOST_CARD" }),
            )
        };
        let done = of("DONE", "1.005").unwrap();
        assert_eq!((done.amount.units(), done.standing), (1_005, Standing::Succeeded));
        assert_eq!(
            of("REFUSED", "1.005").unwrap().standing,
            Standing::Declined("lost_card".into())
        );
        assert_eq!(of("IN_PROGRESS", "1.005").unwrap().standing, Standing::Pending);
        assert!(of("DONE", "1.00").is_err(), "an amount that is not understood is not known");
        assert!(of("PERHAPS", "1.005").is_err());
    }

    #[test]
    fn an_event_tells_of_its_operation() {
        let money = json!({ "value": "4.00", "currency": "EUR" });
        let mut event = json!({ "type": "charge.done", "data": {
            "externalId": "cap_1", "paymentId": "pn_1", "status": "DONE", "money": money } });
        let read = told(&event).unwrap();
        let Told::Request { request_id, report } = &read[0] else { panic!("{read:?}") };
        assert_eq!((request_id.as_str(), report.amount.units()), ("cap_1", 400));
        event["data"]["money"]["value"] = "4.001".into();
        assert!(told(&event).is_err());
        assert_eq!(told(&json!({ "data": { "operationId": "op_1" } })), Ok(Vec::new()));
        let mut refund = json!({ "data": { "operationId": "op_1", "externalId": "portal-7",
            "type": "refund", "paymentId": "pn_1", "status": "DONE",
            "money": { "value": "4.00", "currency": "EUR" } } });
        let read = told(&refund).unwrap();
        let Told::Refund { reference, payment, .. } = &read[0] else { panic!("{read:?}") };
        assert_eq!((reference.as_str(), payment.as_deref()), ("op_1", Some("pn_1")));
        refund["data"]["externalId"] = "ref_1".into();
        let read = told(&refund).unwrap();
        assert!(matches!(&read[0], Told::Request { request_id, .. } if request_id == "ref_1"));
    }
}
