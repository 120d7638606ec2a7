use serde::{Deserialize, Deserializer, Serialize, de};
use tenancy_sqlx::TenantValue;
use utoipa::ToSchema;

use super::Currency;

/// A positive amount in the smallest unit of its currency: 1250 is 12.50 USD or 1,250 JPY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TenantValue, ToSchema)]
#[schema(value_type = i64, minimum = 1, example = 1250)]
pub(crate) struct Amount(i64);

impl Amount {
    /// Takes a number of units; `None` for zero and less.
    pub(crate) fn new(units: i64) -> Option<Self> {
        (units > 0).then_some(Self(units))
    }

    /// Returns the number of units.
    pub(crate) const fn units(self) -> i64 {
        self.0
    }

    /// Returns the amount as people write it, with the decimals of the currency.
    pub(crate) fn decimal(self, currency: Currency) -> String {
        currency.decimal(self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom("an amount is at least 1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_positive() {
        assert!(Amount::new(1).is_some());
        assert!(Amount::new(0).is_none());
        assert!(Amount::new(i64::MIN).is_none());
        for text in ["0", "-1", "1.0", "\"1\"", "9223372036854775808", "null", "true"] {
            assert!(serde_json::from_str::<Amount>(text).is_err(), "{text}");
        }
    }
}
