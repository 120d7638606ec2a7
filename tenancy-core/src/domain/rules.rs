use crate::{Error, Host};

/// Which domains a tenant may register.
#[derive(Debug, Clone)]
pub struct DomainRules {
    platform: Vec<Host>,
}

impl DomainRules {
    /// Keeps these domains, and what lies under them, for the platform itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when one is no domain name.
    pub fn platform<'a>(domains: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let platform = domains.into_iter().map(Host::from_unicode).collect::<Result<_, _>>()?;
        Ok(Self { platform })
    }

    /// Reads a domain as a person writes it, and refuses what no tenant can own: addresses,
    /// public suffixes such as `co.uk` (by the [list](https://publicsuffix.org) of the crate
    /// `psl`), single labels, names of the special domains of RFC 6761, and the platform's own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), with the reason.
    pub fn check(&self, domain: &str) -> Result<Host, Error> {
        const SPECIAL: [&str; 5] = ["localhost", "local", "test", "invalid", "onion"];
        let refuse = |message| Err(Error::invalid("domain", message));
        if domain.contains([':', '/', '@']) {
            return refuse("register a domain: give its name alone, without scheme, port or path");
        }
        // Before the list of suffixes, which takes 127.0.0.1 for a name.
        let host = match Host::from_unicode(domain) {
            Ok(host) => host,
            Err(error) => {
                let message = "register a domain: it is not a domain name";
                return Err(Error::invalid("domain", message).with_source(error));
            }
        };
        let last = host.as_str().rsplit('.').next().unwrap_or_default();
        if SPECIAL.contains(&last) || last.bytes().all(|byte| byte.is_ascii_digit()) {
            return refuse("register a domain: nobody can own a name like this");
        }
        if self.platform.iter().any(|base| host.is_at_or_under(base)) {
            return refuse("register a domain: it belongs to the platform");
        }
        // A platform under a tenant's domain would let the tenant answer for it.
        if self.platform.iter().any(|base| base.is_at_or_under(&host)) {
            return refuse("register a domain: the platform lies under it");
        }
        if psl::domain_str(host.as_str()).is_none() {
            return refuse("register a domain: everybody can register names under a public suffix");
        }
        Ok(host)
    }
}
