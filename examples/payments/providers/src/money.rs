/// Currencies without decimals, and with three; all others here have two.
const WITHOUT: [&str; 4] = ["JPY", "KRW", "VND", "CLP"];
const WITH_THREE: [&str; 5] = ["KWD", "BHD", "OMR", "JOD", "TND"];

fn places(currency: &str) -> usize {
    match currency {
        code if WITHOUT.contains(&code) => 0,
        code if WITH_THREE.contains(&code) => 3,
        _ => 2,
    }
}

/// Reads an amount as people write it; `None` unless it has just the decimals of its currency.
pub(crate) fn read(text: &str, currency: &str) -> Option<i64> {
    let places = places(currency);
    let digits = match text.split_once('.') {
        None if places == 0 => text.to_owned(),
        Some((whole, part)) if part.len() == places && places > 0 && !whole.is_empty() => {
            format!("{whole}{part}")
        }
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|units| is_number && *units > 0)
}

/// Writes smallest units as people write them.
pub(crate) fn write(units: i64, currency: &str) -> String {
    let places = places(currency);
    if places == 0 {
        return units.to_string();
    }
    let digits = format!("{units:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    format!("{whole}.{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (text, currency, units) in [
            ("12.50", "USD", 1_250),
            ("0.01", "EUR", 1),
            ("1250", "JPY", 1_250),
            ("1.005", "KWD", 1_005),
        ] {
            assert_eq!(read(text, currency), Some(units), "{text} {currency}");
            assert_eq!(write(units, currency), text);
        }
        for (text, currency) in [
            ("12.5", "USD"),
            ("12", "USD"),
            ("12.500", "USD"),
            ("1.0", "JPY"),
            ("", "JPY"),
            (".50", "USD"),
            ("-1.00", "USD"),
            ("+1.00", "USD"),
            ("0.00", "USD"),
            ("1e2", "JPY"),
        ] {
            assert_eq!(read(text, currency), None, "{text} {currency}");
        }
    }
}
