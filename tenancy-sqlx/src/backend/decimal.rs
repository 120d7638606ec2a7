//! Decimals that are answered where another number was asked for: `sum` of whole numbers, `avg`.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

/// Reads a decimal without a fraction as an integer.
pub(super) fn whole(decimal: Decimal) -> sqlx::Result<i64> {
    let integer = if decimal.is_integer() { decimal.to_i64() } else { None };
    integer.ok_or_else(|| unreadable("the decimal is no integer of 64 bits"))
}

/// Reads a decimal as the nearest double-precision number.
pub(super) fn nearest(decimal: Decimal) -> sqlx::Result<f64> {
    decimal.to_f64().ok_or_else(|| unreadable("the decimal has no double-precision number"))
}

fn unreadable(fault: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(fault.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_decimals_are_integers() {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a decimal");
        assert_eq!(whole(decimal("12.00")).expect("whole"), 12);
        assert_eq!(whole(decimal("-9223372036854775808")).expect("whole"), i64::MIN);
        assert!(whole(decimal("12.5")).is_err());
        assert!(whole(decimal("9223372036854775808")).is_err());
    }
}
