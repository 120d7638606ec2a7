use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantId};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{CaptureMode, Payment};
use crate::ids::{CustomerId, PaymentId};
use crate::line::Line;
use crate::money::{Amount, Currency};

/// What it takes to make a payment.
///
/// Written as JSON again it is the same for the same request, whatever the order of its fields:
/// that is compared when a request is repeated.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPayment {
    amount: Amount,
    currency: Currency,
    /// Whether the money is taken when the payment is confirmed, or reserved.
    #[serde(default)]
    capture_mode: CaptureMode,
    /// Who pays.
    #[serde(default)]
    #[schema(example = json!(null))]
    customer: Option<String>,
    /// The tenant's own name for the payment; no two payments of a tenant share one.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, example = "order 4711")]
    reference: Option<Line<100>>,
    /// Confirm it at once, from this payment method: the payment is made only if it can be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    confirm: bool,
    /// Where the money comes from, with `confirm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, example = json!(null))]
    payment_method: Option<Line<100>>,
}

impl NewPayment {
    /// Returns who pays, as the caller wrote it.
    pub(super) fn customer(&self) -> Option<&str> {
        self.customer.as_deref()
    }

    /// Returns how it is confirmed at once, if it is to be.
    ///
    /// # Errors
    ///
    /// 422 for one of `confirm` and `payment_method` without the other.
    pub(super) fn confirmed_by(&self) -> Result<Option<Line<100>>, Problem> {
        match (self.confirm, &self.payment_method) {
            (false, None) => Ok(None),
            (true, Some(method)) => Ok(Some(method.clone())),
            (true, None) => Err(half("payment_method", "confirm needs a payment method")),
            (false, Some(_)) => Err(half("confirm", "a payment method needs confirm")),
        }
    }

    /// Makes the payment.
    pub(super) fn made(
        self,
        tenant_id: TenantId,
        customer_id: Option<CustomerId>,
        now: OffsetDateTime,
    ) -> Payment {
        let id = PaymentId::generate();
        Payment {
            customer_id,
            reference: self.reference.map(Line::into_string),
            capture_mode: self.capture_mode,
            ..Payment::new(id, tenant_id, self.amount, self.currency, now)
        }
    }
}

fn half(param: &'static str, detail: &'static str) -> Problem {
    Problem::new(422, "field_invalid", "A field is not valid").with_detail(detail).with_param(param)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_request_is_written_the_same() {
        let written = |text: &str| {
            serde_json::to_string(&serde_json::from_str::<NewPayment>(text).unwrap()).unwrap()
        };
        let first = written(r#"{"amount":1,"currency":"USD"}"#);
        assert_eq!(first, written(r#"{ "currency": "USD", "customer": null, "amount": 1 }"#));
        assert_ne!(first, written(r#"{"amount":2,"currency":"USD"}"#));
        assert_ne!(first, written(r#"{"amount":1,"currency":"USD","reference":"a"}"#));
    }
}
