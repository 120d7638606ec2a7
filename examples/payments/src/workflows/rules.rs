use serde::{Deserialize, Serialize};
use tenancy_core::{Error, ErrorKind, Filter, Problem};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::CustomerId;
use crate::money::{Amount, Currency};
use crate::payments::Payment;

/// Which payments need people, and how many.
///
/// What is not said matches every payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// Payments above this amount, in the smallest unit of `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 1, example = 1_000_000)]
    amount_above: Option<Amount>,
    /// Payments in this currency. An amount needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "JPY")]
    currency: Option<Currency>,
    /// Payments of this customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    customer: Option<String>,
    /// How many have to agree.
    #[schema(minimum = 1, maximum = 10, example = 2)]
    pub(super) approvals: u8,
    /// Who may; without it, everybody who may decide about approvals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["user:mara", "user:ove", "user:june"]))]
    pub(super) approvers: Option<Vec<String>>,
    /// How long they are asked. Who has not agreed by then has not agreed.
    #[schema(minimum = 1, maximum = 43_200, example = 1_440)]
    expires_after_minutes: u32,
}

impl Rules {
    /// Reads what is stored.
    pub(super) fn stored(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|source| {
            Error::new(ErrorKind::Internal, "read the rules of a workflow").with_source(source)
        })
    }

    /// Writes it as it is stored.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("rules are strings and numbers")
    }

    /// Passes rules that somebody can fulfil.
    ///
    /// # Errors
    ///
    /// 422 that names what cannot be.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let people = self
            .approvers
            .as_ref()
            .map(|approvers| approvers.iter().collect::<std::collections::BTreeSet<_>>().len());
        let fault = if !(1..=10).contains(&self.approvals) {
            Some(("approvals", "one to ten are expected"))
        } else if !(1..=43_200).contains(&self.expires_after_minutes) {
            Some(("expires_after_minutes", "a minute to thirty days are expected"))
        } else if people.is_some_and(|people| people < usize::from(self.approvals) || people > 50) {
            Some(("approvers", "as many different people as approvals, and fifty at most"))
        } else if self.amount_above.is_some() && self.currency.is_none() {
            Some(("currency", "an amount is one of a currency"))
        } else if self.customer().is_err() {
            Some(("customer", "an id of a customer is expected"))
        } else {
            None
        };
        fault.map_or(Ok(()), |(param, detail)| {
            Err(Problem::new(422, "field_invalid", "A field is not valid")
                .with_detail(detail)
                .with_param(param))
        })
    }

    fn customer(&self) -> Result<Option<CustomerId>, Error> {
        self.customer.as_deref().map(str::parse).transpose()
    }

    /// Tells whether a payment needs people.
    pub(super) fn matches(&self, payment: &Payment) -> bool {
        let customer = self.customer().unwrap_or_default();
        self.amount_above.is_none_or(|above| payment.amount > above)
            && self.currency.is_none_or(|currency| payment.currency == currency)
            && customer.is_none_or(|customer| payment.customer_id == Some(customer))
    }

    /// Returns the same as a condition in SQL, for payments from a time on.
    pub(super) fn filter(&self, from: OffsetDateTime) -> Filter<Payment> {
        let mut filter = Payment::CREATED_AT.ge(from);
        if let Some(above) = self.amount_above {
            filter = filter.and(Payment::AMOUNT.gt(above));
        }
        if let Some(currency) = self.currency {
            filter = filter.and(Payment::CURRENCY.eq(currency));
        }
        if let Ok(Some(customer)) = self.customer() {
            filter = filter.and(Payment::CUSTOMER_ID.eq(customer));
        }
        filter
    }

    /// Tells whether somebody may decide.
    pub(super) fn allows(&self, approver: &str) -> bool {
        self.approvers.as_ref().is_none_or(|may| may.iter().any(|name| name == approver))
    }

    /// Returns until when people are asked.
    pub(super) fn deadline(&self, now: OffsetDateTime) -> OffsetDateTime {
        now + time::Duration::minutes(self.expires_after_minutes.into())
    }
}

#[cfg(test)]
mod tests {
    use tenancy_core::TenantId;

    use super::*;
    use crate::ids::PaymentId;

    fn rules(text: &str) -> Rules {
        serde_json::from_str(text).unwrap()
    }

    fn payment(units: i64, currency: &str) -> Payment {
        let (amount, currency) = (Amount::new(units).unwrap(), Currency::parse(currency).unwrap());
        let now = OffsetDateTime::UNIX_EPOCH;
        Payment::new(PaymentId::generate(), TenantId::generate(), amount, currency, now)
    }

    #[test]
    fn above_is_not_at() {
        let large = rules(
            r#"{"amount_above":1000000,"currency":"JPY","approvals":2,"expires_after_minutes":60}"#,
        );
        large.check().unwrap();
        assert!(large.matches(&payment(1_000_001, "JPY")));
        assert!(!large.matches(&payment(1_000_000, "JPY")));
        assert!(!large.matches(&payment(2_000_000, "USD")));
        let all = rules(r#"{"approvals":1,"expires_after_minutes":60}"#);
        assert!(all.matches(&payment(1, "USD")));
        assert_eq!(Rules::stored(&large.to_text()).unwrap(), large);
    }

    #[test]
    fn what_nobody_can_fulfil_is_refused() {
        for (text, param) in [
            (r#"{"approvals":0,"expires_after_minutes":60}"#, "approvals"),
            (r#"{"approvals":1,"expires_after_minutes":0}"#, "expires_after_minutes"),
            (r#"{"approvals":2,"expires_after_minutes":6,"approvers":["a","a"]}"#, "approvers"),
            (r#"{"approvals":1,"expires_after_minutes":6,"amount_above":5}"#, "currency"),
            (r#"{"approvals":1,"expires_after_minutes":6,"customer":"x"}"#, "customer"),
        ] {
            assert_eq!(rules(text).check().unwrap_err().param(), Some(param), "{text}");
        }
        assert!(serde_json::from_str::<Rules>(r#"{"approvals":1}"#).is_err());
    }
}
