use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::permission::is_word;
use crate::Error;

/// Where something lies in a tenant: the whole of it, or a path of kinds and ids such as
/// `branch/7/account/42`.
///
/// A scope covers itself and all that lies below it, compared step by step: `branch/7` covers
/// `branch/7/account/42`, and neither `branch/70` nor `account/42`. Ids are any text; what could
/// be taken for a step in them is written `%2F`, so that different paths have different texts.
/// They are compared byte by byte: nothing is folded.
///
/// It names no tenant. The grants it stands in are those of one tenant.
///
/// ```
/// use tenancy_core::access::Scope;
///
/// let branch = Scope::TENANT.at("branch", 7);
/// let account = branch.clone().at("account", "42/x");
/// assert_eq!(account.to_string(), "branch/7/account/42%2Fx");
/// assert_eq!(account.to_string().parse::<Scope>()?, account);
///
/// assert!(Scope::TENANT.covers(&branch) && branch.covers(&account));
/// assert!(!branch.covers(&Scope::TENANT.at("branch", 70)));
///
/// // The whole tenant is never written by leaving something out.
/// assert_eq!(Scope::TENANT.to_string(), "tenant");
/// assert!(Scope::parse("").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(Cow<'static, str>);

/// How the whole tenant is written. No path is a single word.
const TENANT: &str = "tenant";

impl Scope {
    /// The whole tenant.
    pub const TENANT: Self = Self(Cow::Borrowed(""));

    /// Goes a step down, to the thing of a kind that has this id.
    ///
    /// # Panics
    ///
    /// When the kind is not 1 to 32 characters of `a-z`, `0-9`, `_` and `-`, a letter first; when
    /// the id's `Display` fails.
    pub fn at(self, kind: &'static str, id: impl fmt::Display) -> Self {
        assert!(is_word(kind.as_bytes()), "a scope's kind is a word of a-z, 0-9, _ and -");
        let mut path = self.0.into_owned();
        push_step(&mut path, kind, &id);
        Self(Cow::Owned(path))
    }

    /// Reads a scope as it displays; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for any other text: an empty one, half a
    /// step, or an id that is written in another way than it displays.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == TENANT {
            return Ok(Self::TENANT);
        }
        let path = normalized(text).filter(|path| path == text);
        path.map(|path| Self(Cow::Owned(path))).ok_or_else(|| {
            let message = "read a scope: tenant, or a path such as branch/7/account/42 is expected";
            Error::invalid("scope", message)
        })
    }

    /// Tells whether it is the whole tenant.
    pub fn is_tenant(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether another lies at it or below it.
    pub fn covers(&self, other: &Self) -> bool {
        if self.is_tenant() {
            return true;
        }
        // An id holds no slash here, and a scope ends with an id: so a slash behind it begins the
        // next step, and anything else is a longer id.
        match other.0.as_bytes().strip_prefix(self.0.as_bytes()) {
            Some(rest) => matches!(rest.first(), None | Some(b'/')),
            None => false,
        }
    }
}

fn push_step(path: &mut String, kind: &str, id: &dyn fmt::Display) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(kind);
    path.push('/');
    write!(Escaped(path), "{id}").expect("an id displays");
}

/// Writes a path anew from the steps that a text has; `None` when it has none, or half a one.
fn normalized(text: &str) -> Option<String> {
    let mut path = String::with_capacity(text.len());
    let mut parts = text.split('/');
    while let Some(kind) = parts.next() {
        if !is_word(kind.as_bytes()) {
            return None;
        }
        push_step(&mut path, kind, &unescaped(parts.next()?)?);
    }
    Some(path)
}

/// Writes ids so that nothing in them looks like a step, or breaks a line of a log.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if matches!(character, '/' | '%') || character.is_control() {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    write!(self.0, "%{byte:02X}")?;
                }
            } else {
                self.0.push(character);
            }
        }
        Ok(())
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let [high, low, after @ ..] = rest else { return None };
        bytes.push((hex(*high)? << 4) | hex(*low)?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Scope {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_tenant() { TENANT } else { &self.0 })
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({self})")
    }
}
