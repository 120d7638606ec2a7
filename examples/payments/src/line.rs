use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// One line of text from a caller: 1 to `MAX` characters, none of them a control character, no
/// space at its ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Line<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    fn new(text: String) -> Result<Self, Fault<MAX>> {
        let good = !text.is_empty()
            && text.chars().count() <= MAX
            && !text.contains(char::is_control)
            && text.trim() == text;
        if good { Ok(Self(text)) } else { Err(Fault) }
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> AsRef<str> for Line<MAX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

struct Fault<const MAX: usize>;

impl<const MAX: usize> fmt::Display for Fault<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1 to {MAX} characters are expected, on one line, without spaces at the ends")
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Line<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_short_and_plain() {
        for good in ["a", "Zoë & Söhne", "12345", "日本"] {
            assert!(Line::<12>::new(good.into()).is_ok(), "{good}");
        }
        for bad in ["", " ", " a", "a\n", "a\0b", "123456", "a\u{7f}"] {
            assert!(Line::<5>::new(bad.into()).is_err(), "{bad:?}");
        }
    }
}
