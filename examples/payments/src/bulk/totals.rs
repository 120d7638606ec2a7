use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use tenancy_core::entity::{FromValue, Kind, ToValue, Value};
use tenancy_core::{Error, ErrorKind};
use utoipa::ToSchema;

use crate::money::{Amount, Currency};

/// What amounts add up to, by currency. Currencies are never added to each other.
///
/// As text it is `EUR:7260,USD:1200`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals(BTreeMap<Currency, Amount>);

/// What the amounts of one currency add up to, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchTotal)]
pub(super) struct TotalView {
    currency: Currency,
    amount: Amount,
}

impl Totals {
    /// Reads `EUR:7260,USD:1200`; each currency once.
    fn parse(text: &str) -> Option<Self> {
        let mut totals = Self::default();
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let (currency, amount) = part.split_once(':')?;
            let is_number = amount.bytes().all(|byte| byte.is_ascii_digit());
            let amount = amount.parse().ok().filter(|_| is_number).and_then(Amount::new)?;
            if totals.0.insert(Currency::parse(currency)?, amount).is_some() {
                return None;
            }
        }
        Some(totals)
    }

    /// Adds an amount; `None` when the sum is more than a number holds.
    #[must_use = "a sum that is not told is wrong"]
    pub(super) fn add(&mut self, amount: Amount, currency: Currency) -> Option<()> {
        let before = self.0.get(&currency).map_or(0, |sum| sum.units());
        let sum = before.checked_add(amount.units()).and_then(Amount::new)?;
        self.0.insert(currency, sum);
        Some(())
    }

    pub(super) fn views(&self) -> Vec<TotalView> {
        self.0
            .iter()
            .map(|(currency, amount)| TotalView { currency: *currency, amount: *amount })
            .collect()
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (currency, amount)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}:{}", currency.code(), amount.units())?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Totals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom("totals like EUR:7260,USD:1200 are expected"))
    }
}

impl ToValue for Totals {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl FromValue for Totals {
    fn from_value(value: Value) -> Result<Self, Error> {
        Self::parse(&String::from_value(value)?)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "read a column: it is no totals"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut totals = Totals::default();
        assert_eq!(Totals::parse(""), Some(totals.clone()));
        for (units, code) in [(7_000, "USD"), (1, "EUR"), (260, "USD")] {
            let (amount, currency) = (Amount::new(units).unwrap(), Currency::parse(code).unwrap());
            totals.add(amount, currency).unwrap();
        }
        assert_eq!(totals.to_string(), "EUR:1,USD:7260");
        assert_eq!(Totals::parse("USD:7260,EUR:1"), Some(totals.clone()));
        assert_eq!(Totals::from_value(totals.to_value()).unwrap(), totals);
        let usd = Currency::parse("USD").unwrap();
        assert!(totals.add(Amount::new(i64::MAX).unwrap(), usd).is_none());
        assert_eq!(totals.to_string(), "EUR:1,USD:7260");
    }

    #[test]
    fn nothing_else_is_read() {
        for text in [
            "USD",
            "USD:",
            "USD:0",
            "USD:-1",
            "USD:+1",
            "USD:1.5",
            "usd:1",
            "ABC:1",
            "USD:1,",
            "USD:1,USD:2",
            "USD:1 ",
            ",",
            "USD:9223372036854775808",
        ] {
            assert_eq!(Totals::parse(text), None, "{text}");
        }
    }
}
