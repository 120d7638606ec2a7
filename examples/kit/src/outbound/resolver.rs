use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::is_public;

/// How far requests to receivers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the public network, encrypted.
    Public,
    /// To this machine too, and without encryption: for tests and demonstrations.
    PublicAndLoopback,
}

impl Reach {
    /// Tells whether an address may be dialled.
    pub fn allows(self, address: IpAddr) -> bool {
        is_public(address) || self == Self::PublicAndLoopback && address.is_loopback()
    }
}

/// The system's resolver, with all that it answers checked.
pub(super) struct Guarded(pub(super) Reach);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let checked = checked(reach, found.collect())?;
            Ok(Box::new(checked.into_iter()) as Addrs)
        })
    }
}

/// A name of which one address may not be dialled is not dialled at all: such a name was made for
/// that.
fn checked(reach: Reach, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
    if found.iter().all(|address| reach.allows(address.ip())) { Ok(found) } else { Err(Refused) }
}

/// The address is none that may be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address is not of the public network")
    }
}

impl StdError for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_one_hidden_address_is_refused() {
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        let (public, hidden, own) = (at("1.1.1.1"), at("10.0.0.1"), at("127.0.0.1"));
        assert_eq!(checked(Reach::Public, vec![public]), Ok(vec![public]));
        for reach in [Reach::Public, Reach::PublicAndLoopback] {
            assert_eq!(checked(reach, vec![public, hidden]), Err(Refused), "{reach:?}");
        }
        assert_eq!(checked(Reach::Public, vec![public, own]), Err(Refused));
        assert_eq!(checked(Reach::PublicAndLoopback, vec![own]), Ok(vec![own]));
        let mapped = at("::ffff:127.0.0.1");
        assert_eq!(checked(Reach::PublicAndLoopback, vec![mapped]), Err(Refused));
    }

    /// Rebinding: the name is resolved where it is dialled, each time.
    #[tokio::test]
    async fn names_of_this_machine_are_refused_when_they_are_dialled() {
        let resolve = |reach| Guarded(reach).resolve("localhost".parse().unwrap());
        let error = resolve(Reach::Public).await.err().expect("refused");
        assert!(error.is::<Refused>(), "{error}");
        assert!(resolve(Reach::PublicAndLoopback).await.is_ok());
    }
}
