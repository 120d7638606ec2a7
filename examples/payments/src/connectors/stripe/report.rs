use serde_json::Value;

use super::money;
use crate::connectors::{CallError, Report, Standing};

/// The longest code that is kept.
const LONGEST: usize = 60;

/// Reads a payment intent: what has become of somebody's being asked for money.
pub(super) fn of_intent(intent: &Value) -> Result<Report, CallError> {
    let (units, standing) = match intent["status"].as_str() {
        Some("requires_capture") => (&intent["amount_capturable"], Standing::Succeeded),
        Some("succeeded") => (&intent["amount_received"], Standing::Succeeded),
        Some("processing" | "requires_action" | "requires_confirmation") => {
            (&intent["amount"], Standing::Pending)
        }
        Some("canceled") => (&intent["amount"], Standing::Declined("canceled".to_owned())),
        Some("requires_payment_method") => {
            (&intent["amount"], Standing::Declined(refusal(&intent["last_payment_error"])))
        }
        _ => return Err(CallError::Unknown(None)),
    };
    let (amount, currency) = money(units, &intent["currency"])?;
    let reference = intent["id"].as_str().map(str::to_owned);
    Ok(Report { reference, amount, currency, standing })
}

/// Reads what a payment intent says of a capture; `None` when it has never heard of it.
pub(super) fn of_capture(intent: &Value, request_id: &str) -> Result<Option<Report>, CallError> {
    let Some(units) = intent["metadata"][request_id].as_str() else { return Ok(None) };
    let units = units.parse::<i64>().map_err(|_| CallError::Unknown(None))?;
    let (amount, currency) = money(&units.into(), &intent["currency"])?;
    let reference = intent["id"].as_str().map(str::to_owned);
    Ok(Some(Report { reference, amount, currency, standing: Standing::Succeeded }))
}

/// Reads a refund.
pub(super) fn of_refund(refund: &Value) -> Result<Report, CallError> {
    let standing = match refund["status"].as_str() {
        Some("succeeded") => Standing::Succeeded,
        Some("pending" | "requires_action") => Standing::Pending,
        Some("failed" | "canceled") => {
            let reason = refund["failure_reason"].as_str().unwrap_or("refund_failed");
            Standing::Declined(plain(reason))
        }
        _ => return Err(CallError::Unknown(None)),
    };
    let (amount, currency) = money(&refund["amount"], &refund["currency"])?;
    let reference = refund["id"].as_str().map(str::to_owned);
    Ok(Report { reference, amount, currency, standing })
}

/// Returns why something was refused.
pub(super) fn refusal(error: &Value) -> String {
    let code = error["decline_code"].as_str().or_else(|| error["code"].as_str());
    plain(code.unwrap_or("refused"))
}

/// A code is a word: what else a provider says goes nowhere.
fn plain(code: &str) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    code.chars().filter(|letter| is_word(*letter)).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn intent(status: &str) -> Value {
        json!({
            "id": "pi_1", "status": status, "amount": 500, "amount_capturable": 400,
            "amount_received": 300, "currency": "usd", "metadata": { "cap_1": "100" },
            "last_payment_error": { "code": "card_declined", "decline_code": "lost_card" },
        })
    }

    #[test]
    fn a_payment_intent_says_how_far_it_is_and_of_how_much() {
        for (status, units, standing) in [
            ("requires_capture", 400, Standing::Succeeded),
            ("succeeded", 300, Standing::Succeeded),
            ("processing", 500, Standing::Pending),
            ("requires_action", 500, Standing::Pending),
            ("requires_payment_method", 500, Standing::Declined("lost_card".into())),
            ("canceled", 500, Standing::Declined("canceled".into())),
        ] {
            let report = of_intent(&intent(status)).unwrap();
            assert_eq!((report.amount.units(), report.standing), (units, standing), "{status}");
        }
        assert!(of_intent(&intent("new_in_2031")).is_err(), "what is not understood is not known");
        assert!(of_intent(&json!({ "status": "succeeded" })).is_err());
    }

    #[test]
    fn a_capture_is_known_by_its_own_id() {
        let found = of_capture(&intent("requires_capture"), "cap_1").unwrap().unwrap();
        assert_eq!(found.amount.units(), 100);
        assert_eq!(of_capture(&intent("requires_capture"), "cap_2").unwrap(), None);
    }

    #[test]
    fn codes_are_words() {
        assert_eq!(refusal(&json!({ "code": "<b>no\n" })), "bno");
        assert_eq!(refusal(&Value::Null), "refused");
        assert_eq!(refusal(&json!({ "code": "x".repeat(500) })).len(), LONGEST);
    }
}
