use serde_json::Value;

use super::report::{of_capture, of_intent, of_refund};
use crate::connectors::{CallError, Told};

/// Reads an event: of a payment intent, what it says of our attempt and of our captures; of a
/// refund, what it says of ours. Of what is not ours it says nothing.
///
/// # Errors
///
/// [`CallError::Unknown`] for what is ours and is not understood.
pub(crate) fn told(event: &Value) -> Result<Vec<Told>, CallError> {
    let object = &event["data"]["object"];
    let Some(request_id) = object["metadata"]["request_id"].as_str() else { return Ok(Vec::new()) };
    let request_id = request_id.to_owned();
    match object["object"].as_str() {
        Some("payment_intent") => {
            let mut told = vec![Told { request_id, report: of_intent(object)? }];
            for name in object["metadata"].as_object().into_iter().flatten().map(|(name, _)| name) {
                // Captures stand there by their ids, each with its amount.
                if name.starts_with("cap_")
                    && let Some(report) = of_capture(object, name)?
                {
                    told.push(Told { request_id: name.clone(), report });
                }
            }
            Ok(told)
        }
        Some("refund") => Ok(vec![Told { request_id, report: of_refund(object)? }]),
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
            .map(|told| (told.request_id.as_str(), told.report.amount.units()))
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
        assert_eq!(read[0].report.standing, Standing::Declined("expired_card".into()));
        refund["status"] = "new_in_2031".into();
        assert!(told(&event(&refund)).is_err(), "what is not understood is not known");
        refund["metadata"] = json!({});
        assert_eq!(told(&event(&refund)), Ok(Vec::new()));
        let customer = json!({ "object": "customer", "metadata": { "request_id": "att_1" } });
        assert_eq!(told(&event(&customer)), Ok(Vec::new()));
        assert_eq!(told(&json!({})), Ok(Vec::new()));
    }
}
