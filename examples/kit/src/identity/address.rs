use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tenancy_core::Error;

/// An e-mail address that somebody signs in with, in lower case.
///
/// Two spellings of one address are one account: `Ada@Bank.Example` is `ada@bank.example`. Only
/// visible ASCII is taken, so that no two addresses look the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The longest address, in bytes (RFC 5321, 4.5.3.1.3).
    const LONGEST: usize = 254;

    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](tenancy_core::ErrorKind::Invalid) when mail could not be sent there.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let plain = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_graphic())
                && !part.contains(['@', '<', '>', ',', ';', '"', '\\'])
        };
        let good = text.len() <= Self::LONGEST
            && text.split_once('@').is_some_and(|(local, domain)| {
                local.len() <= 64 && plain(local) && plain(domain) && domain.contains('.')
            });
        if !good {
            return Err(Error::invalid("email", "read an e-mail address: name@domain is expected"));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// Returns the text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what is behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for EmailAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress(…@{})", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_has_one_spelling() {
        let read = |text| EmailAddress::parse(text).unwrap();
        assert_eq!(read("Ada.Brooks@Riverside.Example"), read("ada.brooks@riverside.example"));
        assert_ne!(read("ada@riverside.example"), read("ada@kita.example"));
        assert_eq!(read("ada@riverside.example").domain(), "riverside.example");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "ada",
            "@a.example",
            "ada@",
            "ada@localhost",
            "a b@c.example",
            "ada@a.example\r\nBcc: x@y.example",
            "<ada@a.example>",
            "ada@b@c.example",
            "ädä@a.example",
            "a,b@c.example",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
        assert!(EmailAddress::parse(&format!("{}@a.example", "a".repeat(65))).is_err());
    }
}
