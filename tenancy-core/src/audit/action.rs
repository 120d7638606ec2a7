use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::Error;

/// What was done, such as `payments.refund`: 1 to 64 characters of `a-z`, `0-9`, `_` and `.`.
///
/// ```
/// use tenancy_core::audit::AuditAction;
///
/// const REFUND: AuditAction = AuditAction::from_static("payments.refund");
/// assert_eq!(AuditAction::parse("payments.refund")?, REFUND);
/// assert!(AuditAction::parse("payments refund\n").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditAction(Cow<'static, str>);

impl AuditAction {
    /// A request was found to be for a tenant.
    pub const RESOLVED: Self = Self::from_static("tenant.resolved");
    /// A request was refused because nobody could say whom it is for.
    pub const RESOLUTION_FAILED: Self = Self::from_static("tenant.resolution_failed");
    /// A tenant's status did not admit a request.
    pub const STATUS_REFUSED: Self = Self::from_static("tenant.status_refused");
    /// Something of one tenant reached for another one, and was stopped.
    pub const CROSSING_BLOCKED: Self = Self::from_static("tenant.crossing_blocked");
    /// A request came faster than a limit allows.
    pub const RATE_LIMITED: Self = Self::from_static("rate.limited");
    /// A figure went over its threshold.
    pub const THRESHOLD_BREACHED: Self = Self::from_static("threshold.breached");
    /// Sensitive data was read.
    pub const DATA_READ: Self = Self::from_static("data.read");
    /// Somebody got a bypass.
    pub const BYPASS_GRANTED: Self = Self::from_static("bypass.granted");
    /// Somebody asked for a bypass and did not get it.
    pub const BYPASS_REFUSED: Self = Self::from_static("bypass.refused");
    /// A bypass was used.
    pub const BYPASS_USED: Self = Self::from_static("bypass.used");
    /// Events were lost: there were too many at once.
    pub const EVENTS_LOST: Self = Self::from_static("audit.events_lost");

    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Takes a name written in the program.
    ///
    /// # Panics
    ///
    /// When the name breaks the rules: at compile time, in a constant.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_valid(name), "an action's name is 1 to 64 characters of a-z, 0-9, _ and .");
        Self(Cow::Borrowed(name))
    }

    /// Reads a name; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it breaks the rules.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if is_valid(name) {
            Ok(Self(Cow::Owned(name.to_owned())))
        } else {
            let message =
                "read an action's name: 1 to 64 characters of a-z, 0-9, _ and . are allowed";
            Err(Error::invalid("action", message))
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Tells whether a name keeps to the rules of [`AuditAction`].
pub(crate) const fn is_valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > AuditAction::MAX_LEN {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.') {
            return false;
        }
        at += 1;
    }
    true
}

impl FromStr for AuditAction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::parse(name)
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditAction({})", self.0)
    }
}
