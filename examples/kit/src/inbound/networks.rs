use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use tenancy_core::{Error, ErrorKind, Problem};

/// Where requests of a source may come from; none means from everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Networks(Vec<IpNet>);

impl Networks {
    /// The most networks of a source.
    const MOST: usize = 50;

    /// Reads what a caller says.
    ///
    /// # Errors
    ///
    /// 422 `field_invalid`.
    pub(super) fn asked(networks: &BTreeSet<String>) -> Result<Self, Problem> {
        let read = || networks.iter().map(|text| read(text)).collect::<Option<Vec<_>>>();
        let read = (networks.len() <= Self::MOST).then(read).flatten();
        read.map(Self).ok_or_else(|| {
            Problem::new(422, "field_invalid", "A field is not valid")
                .with_param("networks")
                .with_detail("at most 50 addresses or networks such as 192.0.2.0/24 are expected")
        })
    }

    /// Reads what is stored. What cannot be read is an error, not everywhere.
    pub(super) fn stored(text: &str) -> Result<Self, Error> {
        let read = text.split_whitespace().map(read).collect::<Option<Vec<_>>>();
        read.map(Self)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "read the networks of a source"))
    }

    /// Tells whether a request may come from there. One that comes from nobody knows where comes
    /// from no network.
    pub(super) fn admit(&self, from: Option<IpAddr>) -> bool {
        let Some(from) = from.map(|from| from.to_canonical()) else { return self.0.is_empty() };
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&from))
    }

    /// Returns them with spaces between them, as they are stored.
    pub(super) fn to_text(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}

fn read(text: &str) -> Option<IpNet> {
    let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    address.or_else(|_| text.parse::<IpNet>().map(|network| network.trunc())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(networks: &[&str]) -> Option<Networks> {
        Networks::asked(&networks.iter().map(|text| (*text).to_owned()).collect()).ok()
    }

    fn admits(networks: &[&str], from: &str) -> bool {
        let stored = Networks::stored(&asked(networks).unwrap().to_text()).unwrap();
        stored.admit(Some(from.parse().unwrap()))
    }

    #[test]
    fn only_those_within_are_admitted() {
        for (networks, from, admitted) in [
            (&["192.0.2.0/24"][..], "192.0.2.9", true),
            (&["192.0.2.0/24"], "192.0.3.9", false),
            (&["192.0.2.0/24"], "::ffff:192.0.2.9", true),
            (&["::ffff:192.0.2.9"], "192.0.2.9", true),
            (&["192.0.2.77/24"], "192.0.2.1", true),
            (&["2001:db8::/32", "192.0.2.1"], "2001:db8::7", true),
            (&["2001:db8::/32", "192.0.2.1"], "2001:db9::7", false),
            (&["2001:db8::/32"], "192.0.2.1", false),
            (&[], "203.0.113.1", true),
        ] {
            assert_eq!(admits(networks, from), admitted, "{networks:?} {from}");
        }
        assert!(asked(&[]).unwrap().admit(None));
        assert!(!asked(&["0.0.0.0/0", "::/0"]).unwrap().admit(None), "nobody knows where from");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["", "x", "192.0.2.0/33", "192.0.2", "192.0.2.0 /24", "a.example", "*"] {
            assert_eq!(asked(&[bad]), None, "{bad}");
        }
        let many: Vec<_> = (0..=Networks::MOST).map(|at| format!("10.0.0.{at}")).collect();
        assert!(asked(&many.iter().map(String::as_str).collect::<Vec<_>>()).is_none());
        assert!(Networks::stored("192.0.2.1 anywhere").is_err());
    }
}
