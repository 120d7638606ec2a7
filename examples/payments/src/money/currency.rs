use std::fmt;

use iso_currency::Currency as Iso;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tenancy_core::entity::{FromValue, Kind, ToValue, Value};
use tenancy_core::{Error, ErrorKind};
use utoipa::ToSchema;

/// A currency in which people pay: ISO 4217, upper case.
///
/// Funds, metals, test codes and currencies that were replaced are refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, pattern = "^[A-Z]{3}$", example = "USD")]
pub(crate) struct Currency(Iso);

impl Currency {
    /// Reads a code.
    pub(crate) fn parse(code: &str) -> Option<Self> {
        let currency = Iso::from_code(code)?;
        let is_paid_with =
            !currency.is_fund() && !currency.is_special() && currency.is_superseded().is_none();
        (is_paid_with && currency.exponent().is_some()).then_some(Self(currency))
    }

    /// Returns the code.
    pub(crate) fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns how many decimals people write: 2 for USD, 0 for JPY, 3 for KWD.
    pub(crate) fn decimals(self) -> u16 {
        self.0.exponent().expect("parse refuses a currency without")
    }

    /// Writes a number of smallest units as people write it.
    pub(crate) fn decimal(self, units: i64) -> String {
        let places = usize::from(self.decimals());
        let sign = if units < 0 { "-" } else { "" };
        let units = units.unsigned_abs();
        if places == 0 {
            return format!("{sign}{units}");
        }
        let digits = format!("{units:0>width$}", width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        format!("{sign}{whole}.{part}")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code)
            .ok_or_else(|| de::Error::custom("a currency of ISO 4217 in upper case is expected"))
    }
}

// By hand: the ISO type knows no database, and what is stored passes `parse` again.
impl ToValue for Currency {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.code().to_owned())
    }
}

impl FromValue for Currency {
    fn from_value(value: Value) -> Result<Self, Error> {
        Self::parse(&String::from_value(value)?)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "read a column: it is no currency"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_currency() {
        let decimal = |units, code| Currency::parse(code).unwrap().decimal(units);
        for (units, code, text) in [
            (1, "USD", "0.01"),
            (0, "USD", "0.00"),
            (99, "USD", "0.99"),
            (1_250, "EUR", "12.50"),
            (1_250, "JPY", "1250"),
            (1_250, "KWD", "1.250"),
            (7, "KWD", "0.007"),
            (-7, "KWD", "-0.007"),
            (-1_250, "JPY", "-1250"),
            (i64::MAX, "USD", "92233720368547758.07"),
            (i64::MIN, "USD", "-92233720368547758.08"),
        ] {
            assert_eq!(decimal(units, code), text);
        }
    }

    #[test]
    fn only_money_people_pay_with() {
        for code in ["USD", "EUR", "JPY", "KWD", "CHF"] {
            assert_eq!(Currency::parse(code).unwrap().code(), code);
        }
        for code in ["usd", "US", "USDX", "ABC", "XXX", "XTS", "XAU", "CLF", "HRK", "", "$"] {
            assert!(Currency::parse(code).is_none(), "{code}");
        }
    }

    #[test]
    fn columns_hold_the_code() {
        let currency = Currency::parse("KWD").unwrap();
        assert_eq!(currency.to_value(), Value::Text("KWD".into()));
        assert_eq!(Currency::from_value(currency.to_value()).unwrap(), currency);
        assert!(Currency::from_value(Value::Text("ABC".into())).is_err());
    }
}
