use serde_json::Value;

use super::report::{of_capture, of_intent, of_refund};
use crate::connectors::{CallError, Told};

/// Reads an event: of a payment intent, what it says of our attempt and of our captures; of a
/// refund, what it says of ours, or of one that was made there. Of what is not ours it says nothing.
///
/// # Errors
///
/// [`CallError::Unknown`] for what is ours and is not understood.
pub(crate) fn told(event: &Value) -> Result<Vec<Told>, CallError> {
    let object = &event["data"]["object"];
    let request_id = object["metadata"]["request_id"].as_str().map(str::to_owned);
    match (object["object"].as_str(), request_id) {
        (Some("payment_intent"), Some(request_id)) => {
            let mut told = vec![Told::Request { request_id, report: of_intent(object)? }];
            for name in object["metadata"].as_object().into_iter().flatten().map(|(name, _)| name) {
                // Captures stand there by their ids, each with its amount.
                if name.starts_with("cap_")
                    && let Some(report) = of_capture(object, name)?
                {
                    told.push(Told::Request { request_id: name.clone(), report });
                }
            }
            Ok(told)
        }
        (Some("refund"), Some(request_id)) => {
            Ok(vec![Told::Request { request_id, report: of_refund(object)? }])
        }
        (Some("refund"), None) => {
            let report = of_refund(object)?;
            let reference = report.reference.clone().ok_or(CallError::Unknown(None))?;
            let payment = object["payment_intent"].as_str().map(str::to_owned);
            Ok(vec![Told::Refund { reference, payment, report }])
        }
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connectors::Standing;

    fn event(object: &Value) -> Value {
        json!({ "id": "evt_1", "type": "x.y", "data": { "object": object } })
    }

    #[test]
    fn an_intent_tells_of_its_attempt_and_its_captures() {
        let intent = json!({
            "id": "pi_1", "object": "payment_intent", "status": "requires_capture", "amount": 500,
            "amount_capturable": 400, "amount_received": 100, "currency": "usd",
            "metadata": { "request_id": "att_1", "cap_1": "100", "note": "7" },
        });
        let told = told(&event(&intent)).unwrap();
        let told: Vec<_> = told
            .iter()
            .map(|told| match told {
                Told::Request { request_id, report } => {
                    (request_id.as_str(), report.amount.units())
                }
                other @ Told::Refund { .. } => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, [("att_1", 400), ("cap_1", 100)]);
    }

    #[test]
    fn a_refund_tells_of_itself_and_strangers_of_nothing() {
        let mut refund = json!({
            "id": "re_1", "object": "refund", "status": "failed", "amount": 5, "currency": "eur",
            "failure_reason": "expired_card", "metadata": { "request_id": "ref_1" },
        });
        let read = told(&event(&refund)).unwrap();
        let Told::Request { request_id, report } = &read[0] else { panic!("{read:?}") };
        let standing = Standing::Declined("expired_card".into());
        assert_eq!((request_id.as_str(), &report.standing), ("ref_1", &standing));
        refund["status"] = "new_in_2031".into();
        assert!(told(&event(&refund)).is_err(), "what is not understood is not known");
        // Without our id it was made there.
        refund["metadata"] = json!({});
        refund["status"] = "pending".into();
        refund["payment_intent"] = "pi_1".into();
        let read = told(&event(&refund)).unwrap();
        let Told::Refund { reference, payment, report } = &read[0] else { panic!("{read:?}") };
        assert_eq!((reference.as_str(), payment.as_deref()), ("re_1", Some("pi_1")));
        assert_eq!((report.amount.units(), &report.standing), (5, &Standing::Pending));
        let customer = json!({ "object": "customer", "metadata": { "request_id": "att_1" } });
        assert_eq!(told(&event(&customer)), Ok(Vec::new()));
        assert_eq!(told(&json!({})), Ok(Vec::new()));
    }
}
