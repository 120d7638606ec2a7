use serde::Deserialize;
use serde_json::Value;
use tenancy_core::Error;

use crate::connectors::{Report, Standing, Told, paynova, stripe};
use crate::money::{Amount, Currency};

/// Whose events are understood: the names of the connectors.
pub(super) const CONNECTORS: [&str; 3] = ["simulator", "stripe", "paynova"];

/// Reads what an event says of requests of ours, as the connector's provider writes it. It is
/// nothing when the event is about no request of ours.
///
/// # Errors
///
/// [`ErrorKind::Invalid`](tenancy_core::ErrorKind::Invalid) when it is about one and cannot be
/// read.
pub(super) fn read(connector: &str, payload: &str) -> Result<Vec<Told>, Error> {
    let event: Value = serde_json::from_str(payload).map_err(|_| malformed())?;
    match connector {
        "stripe" => stripe::told(&event).map_err(|_| malformed()),
        "paynova" => paynova::told(&event).map_err(|_| malformed()),
        _ => own(&event),
    }
}

/// What an event carries, in the platform's own form: of a request by its `request_id`, or of a
/// refund that was made at the provider by its name there, with that of its payment or without.
///
/// `{"id": "…", "type": "…", "data": {"request_id": "att_…", "status": "succeeded", "amount": 1250,
/// "currency": "USD", "reference": "…", "code": "…"}}`
#[derive(Deserialize)]
struct Data {
    request_id: Option<String>,
    refund: Option<String>,
    payment: Option<String>,
    status: Status,
    amount: i64,
    currency: String,
    reference: Option<String>,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Pending,
    Succeeded,
    Declined,
}

fn own(event: &Value) -> Result<Vec<Told>, Error> {
    let data = &event["data"];
    if data.get("request_id").is_none() && data.get("refund").is_none() {
        return Ok(Vec::new());
    }
    let data = Data::deserialize(data).map_err(|_| malformed())?;
    let standing = match data.status {
        Status::Pending => Standing::Pending,
        Status::Succeeded => Standing::Succeeded,
        Status::Declined => Standing::Declined(code(data.code)?),
    };
    let report = Report {
        reference: data.reference,
        amount: Amount::new(data.amount).ok_or_else(malformed)?,
        currency: Currency::parse(&data.currency).ok_or_else(malformed)?,
        standing,
    };
    match (data.request_id, data.refund) {
        (Some(request_id), None) => Ok(vec![Told::Request { request_id, report }]),
        (None, Some(reference)) if is_name(&reference) => {
            Ok(vec![Told::Refund { reference, payment: data.payment, report }])
        }
        _ => Err(malformed()),
    }
}

/// Why something was refused: a word, as our own callers read it.
fn code(code: Option<String>) -> Result<String, Error> {
    let is_word = |code: &String| {
        (1..=50).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let code = code.unwrap_or_else(|| "declined".to_owned());
    Some(code).filter(is_word).ok_or_else(malformed)
}

fn is_name(reference: &str) -> bool {
    (1..=200).contains(&reference.len()) && reference.bytes().all(|byte| byte.is_ascii_graphic())
}

fn malformed() -> Error {
    Error::invalid("data", "read what a provider says of a request")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(data: &Value) -> Result<Vec<Told>, Error> {
        read("simulator", &json!({ "id": "a", "type": "x.y", "data": data }).to_string())
    }

    #[test]
    fn what_is_about_a_request_is_read_strictly() {
        let good = json!({ "request_id": "att_1", "status": "declined", "amount": 5,
            "currency": "USD", "code": "lost_card" });
        let told = of(&good).unwrap();
        let Told::Request { report, .. } = &told[0] else { panic!("{told:?}") };
        assert_eq!(report.standing, Standing::Declined("lost_card".into()));
        for (name, value) in [
            ("status", json!("done")),
            ("status", json!(null)),
            ("amount", json!(0)),
            ("amount", json!(-1)),
            ("amount", json!(1.5)),
            ("amount", json!("5")),
            ("currency", json!("usd")),
            ("currency", json!("XX")),
            ("code", json!("<script>")),
            ("code", json!("")),
            ("request_id", json!(7)),
            ("refund", json!("re_1")),
        ] {
            let mut bad = good.clone();
            bad[name] = value.clone();
            assert!(of(&bad).is_err(), "{name} {value}");
        }
        assert_eq!(of(&json!({ "customer": "x" })).unwrap(), []);
        for connector in CONNECTORS {
            assert_eq!(read(connector, "{}").unwrap(), [], "{connector}");
            assert!(read(connector, "{").is_err(), "{connector}");
        }
    }

    /// The shape of one provider says nothing at another one's source.
    #[test]
    fn each_connector_has_its_own_shape() {
        let ours = json!({ "data": { "request_id": "att_1", "status": "succeeded", "amount": 5,
            "currency": "USD" } });
        for (connector, many) in [("simulator", 1), ("stripe", 0), ("paynova", 0)] {
            assert_eq!(read(connector, &ours.to_string()).unwrap().len(), many, "{connector}");
        }
    }
}
