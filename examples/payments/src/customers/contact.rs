//! How a customer is reached.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::line::Line;

/// An address that could exist; only mail sent there tells whether it does.
#[derive(Debug)]
pub(super) struct Email(Line<254>);

/// A number as people write it: digits, with spaces, dashes, points, brackets, and a plus ahead.
#[derive(Debug)]
pub(super) struct Phone(Line<40>);

impl Email {
    pub(super) fn into_string(self) -> String {
        self.0.into_string()
    }
}

impl Phone {
    pub(super) fn into_string(self) -> String {
        self.0.into_string()
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let line = Line::deserialize(deserializer)?;
        let (local, domain) = line.as_ref().rsplit_once('@').unwrap_or_default();
        let spaced = line.as_ref().contains(char::is_whitespace);
        if local.is_empty() || domain.is_empty() || spaced {
            return Err(D::Error::custom("an e-mail address is expected"));
        }
        Ok(Self(line))
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let line = Line::deserialize(deserializer)?;
        let rest: &str = line.as_ref();
        let rest = rest.strip_prefix('+').unwrap_or(rest);
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        let only = rest.bytes().all(|byte| byte.is_ascii_digit() || b" -.()/".contains(&byte));
        if !only || !(3..=20).contains(&digits) {
            return Err(D::Error::custom("a telephone number is expected"));
        }
        Ok(Self(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_two_sides() {
        let read = |text: &str| serde_json::from_value::<Email>(text.into());
        assert!(read("mara@customers.example").is_ok());
        for bad in ["", "mara", "@customers.example", "mara@", "ma ra@customers.example"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_have_digits_and_what_stands_between_them() {
        let read = |text: &str| serde_json::from_value::<Phone>(text.into());
        for good in ["110", "+46 8 123 456", "(030) 12-34.5/6"] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in ["", "+", "12", "call me", "1+2345", "123456789012345678901", "+46\n8123"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
