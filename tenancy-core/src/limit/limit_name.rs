use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::{cmp, fmt};

use crate::Error;

/// The name of a limit: what header fields, logs and keys call it.
///
/// 1 to 32 characters of `a-z`, `0-9`, `_` and `-`. Clients see it, so it names a kind of
/// limit and never a tenant.
///
/// ```
/// use tenancy_core::limit::LimitName;
///
/// const REPORTS: LimitName = LimitName::from_static("reports");
/// assert_eq!(REPORTS.as_str(), "reports");
/// assert!(LimitName::parse("No Spaces").is_err());
/// ```
#[derive(Clone)]
pub struct LimitName(Text);

/// Every status of a decision has a name: neither form is copied for it.
#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

impl LimitName {
    /// What the whole tenant shares.
    pub const TENANT: Self = Self::from_static("tenant");
    /// What one user, key or service of a tenant may do.
    pub const PRINCIPAL: Self = Self::from_static("principal");

    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 32;

    /// Takes a name written in the program.
    ///
    /// # Panics
    ///
    /// When the name breaks the rules: at compile time, in a constant.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_valid(name), "a limit's name is 1 to 32 characters of a-z, 0-9, _ and -");
        Self(Text::Static(name))
    }

    /// Reads a name; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it breaks the rules.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if is_valid(name) {
            Ok(Self(Text::Shared(name.into())))
        } else {
            let message =
                "read a limit's name: 1 to 32 characters of a-z, 0-9, _ and - are allowed";
            Err(Error::invalid("limit", message))
        }
    }

    /// Returns the text.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Static(text) => text,
            Text::Shared(text) => text,
        }
    }
}

const fn is_valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > LimitName::MAX_LEN {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-') {
            return false;
        }
        at += 1;
    }
    true
}

impl PartialEq for LimitName {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let (this, other) = (self.as_str(), other.as_str());
        // Mostly it is one constant on both sides.
        std::ptr::eq(this, other) || this == other
    }
}

impl Eq for LimitName {}

impl PartialOrd for LimitName {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LimitName {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for LimitName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LimitName({})", self.as_str())
    }
}
