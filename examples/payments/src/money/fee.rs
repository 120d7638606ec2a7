use super::Currency;

/// What the platform keeps of what is captured: a part of it, and a fixed amount for each payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fee {
    /// In hundredths of a percent: 290 is 2.9 %.
    basis_points: u16,
    /// In the currency's smallest unit.
    fixed: u16,
}

/// Basis points in a whole.
const WHOLE: i128 = 10_000;

impl Fee {
    /// Returns the price in a currency: 2.9 % and 0.30, or 0.100 with three decimals. Without
    /// decimals it is 3.6 %: there no fixed part is the same for a yen and a dong.
    pub(crate) fn of(currency: Currency) -> Self {
        match currency.decimals() {
            0 => Self { basis_points: 360, fixed: 0 },
            3 => Self { basis_points: 290, fixed: 100 },
            _ => Self { basis_points: 290, fixed: 30 },
        }
    }

    /// Returns the fee on what has been captured in all: rounded half to even, at most all of it.
    ///
    /// Captured in parts, each part pays what the sum owes more than before. So the fixed amount is
    /// taken once, and no part rounds by itself.
    pub(crate) fn on(self, captured: i64) -> i64 {
        if captured <= 0 {
            return 0;
        }
        let exact = i128::from(captured) * i128::from(self.basis_points);
        let part = half_even(exact, WHOLE) + i128::from(self.fixed);
        i64::try_from(part).map_or(captured, |fee| fee.min(captured))
    }
}

/// Divides a number that is not negative.
fn half_even(number: i128, by: i128) -> i128 {
    let (whole, rest) = (number / by, number % by);
    let up = match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    whole + i128::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fee(units: i64, code: &str) -> i64 {
        Fee::of(Currency::parse(code).unwrap()).on(units)
    }

    #[test]
    fn examples_of_the_price_list() {
        assert_eq!(fee(10_000, "USD"), 320);
        assert_eq!(fee(4_999, "USD"), 175);
        assert_eq!(fee(12_345, "EUR"), 388);
        assert_eq!(fee(12_345, "JPY"), 444);
        assert_eq!(fee(10_000, "KWD"), 390);
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for (number, expected) in [(5, 0), (15, 2), (25, 2), (24, 2), (26, 3), (35, 4), (0, 0)] {
            assert_eq!(half_even(number, 10), expected, "{number}");
        }
    }

    #[test]
    fn a_fee_never_takes_more_than_there_is() {
        assert_eq!(fee(1, "USD"), 1);
        assert_eq!(fee(31, "USD"), 31);
        assert_eq!(fee(32, "USD"), 31);
        assert_eq!(fee(0, "USD"), 0);
        assert_eq!(fee(i64::MAX, "USD"), 267_477_789_068_788_498 + 30);
    }
}
