use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// How much is used of how much is allowed.
///
/// It is written as `used`, `limit`, `remaining` and `percentage`; the last three are null when
/// there is no limit.
///
/// ```
/// use tenancy_core::usage::Used;
///
/// let used = Used::new(948, Some(1_000));
/// assert_eq!(used.percent().unwrap().to_string(), "94.80");
/// assert_eq!(used.remaining(), Some(52));
/// assert!(Used::new(948, None).percent().is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    used: u64,
    limit: Option<u64>,
}

impl Used {
    /// Puts what is used beside the limit; `None` is unlimited.
    pub const fn new(used: u64, limit: Option<u64>) -> Self {
        Self { used, limit }
    }

    /// Returns how much is used.
    pub const fn used(self) -> u64 {
        self.used
    }

    /// Returns the limit; `None` is unlimited.
    pub const fn limit(self) -> Option<u64> {
        self.limit
    }

    /// Tells whether there is no limit.
    pub const fn is_unlimited(self) -> bool {
        self.limit.is_none()
    }

    /// Returns how much is left, or `None` when unlimited.
    pub const fn remaining(self) -> Option<u64> {
        match self.limit {
            Some(limit) => Some(limit.saturating_sub(self.used)),
            None => None,
        }
    }

    /// Returns the share that is used, or `None` when unlimited.
    ///
    /// It rounds down, so that 100.00 means used up; it may be more. Of a limit of zero 100.00
    /// is used.
    pub fn percent(self) -> Option<Percent> {
        let limit = self.limit?;
        let hundredths = (u128::from(self.used) * 10_000).checked_div(u128::from(limit));
        let hundredths = u64::try_from(hundredths.unwrap_or(10_000)).unwrap_or(u64::MAX);
        Some(Percent { hundredths })
    }
}

impl Serialize for Used {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Used", 4)?;
        out.serialize_field("used", &self.used)?;
        out.serialize_field("limit", &self.limit)?;
        out.serialize_field("remaining", &self.remaining())?;
        out.serialize_field("percentage", &self.percent())?;
        out.end()
    }
}

/// A percentage to two decimals; written `12.34`, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    hundredths: u64,
}

impl Percent {
    /// Returns the hundredths of a percent: 1234 for 12.34.
    pub const fn hundredths(self) -> u64 {
        self.hundredths
    }
}

impl Serialize for Percent {
    #[expect(clippy::cast_precision_loss, reason = "exact up to some 10^13 percent")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.hundredths as f64 / 100.0)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.hundredths / 100, self.hundredths % 100)
    }
}
