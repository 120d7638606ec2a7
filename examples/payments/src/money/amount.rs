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

    /// Reads an amount as people write it, with just the decimals of the currency.
    pub(crate) fn of_decimal(text: &str, currency: Currency) -> Option<Self> {
        let places = usize::from(currency.decimals());
        let digits = match text.split_once('.') {
            None if places == 0 => text.to_owned(),
            Some((whole, part)) if places > 0 && part.len() == places && !whole.is_empty() => {
                format!("{whole}{part}")
            }
            _ => return None,
        };
        // A number's parser takes a sign; people's amounts have none.
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number).and_then(Self::new)
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
    fn what_is_written_is_read() {
        for (units, code) in [(1, "USD"), (1_250, "JPY"), (1_250, "KWD"), (i64::MAX, "EUR")] {
            let currency = Currency::parse(code).unwrap();
            let amount = Amount::new(units).unwrap();
            assert_eq!(Amount::of_decimal(&amount.decimal(currency), currency), Some(amount));
        }
        let usd = Currency::parse("USD").unwrap();
        for text in ["1", "1.0", "1.000", ".50", "-1.00", "+1.00", "0.00", "1,00", "", "1e1.00"] {
            assert_eq!(Amount::of_decimal(text, usd), None, "{text}");
        }
    }

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
