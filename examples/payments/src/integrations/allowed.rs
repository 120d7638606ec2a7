use std::str::FromStr;

use http::Uri;

use super::ProviderKind;

/// A server that connections may lead to, as the operator of the platform names it: a tenant
/// chooses among these and can send the platform nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    pub(super) kind: ProviderKind,
    pub(super) base_url: String,
}

impl FromStr for Allowed {
    type Err = String;

    /// Reads `KIND=URL`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, url) = text.split_once('=').ok_or("KIND=URL is expected")?;
        let kind = match kind {
            "stripe" => ProviderKind::Stripe,
            "paynova" => ProviderKind::Paynova,
            _ => return Err("the kinds are stripe and paynova".to_owned()),
        };
        let uri: Uri = url.parse().map_err(|_| "the URL is malformed".to_owned())?;
        let host = uri.host().ok_or("the URL has no host")?;
        let is_plain_path = uri.query().is_none() && !url.contains(['#', '@']);
        let is_safe = match uri.scheme_str() {
            Some("https") => true,
            // Keys go over the wire: unencrypted only within this machine.
            Some("http") => matches!(host, "127.0.0.1" | "localhost" | "[::1]"),
            _ => false,
        };
        if !is_safe || !is_plain_path {
            return Err("https is expected (http for this machine), and no query".to_owned());
        }
        Ok(Self { kind, base_url: url.trim_end_matches('/').to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_that_are_safe_to_send_a_key_to() {
        for good in ["stripe=https://api.stripe.com", "paynova=http://127.0.0.1:8091/"] {
            assert!(good.parse::<Allowed>().is_ok(), "{good}");
        }
        for bad in [
            "stripe",
            "stripe=",
            "bank=https://api.example",
            "stripe=http://api.example",
            "stripe=ftp://api.example",
            "stripe=https://user@api.example",
            "stripe=https://api.example/?a=b",
            "stripe=//api.example",
            "stripe=http://127.0.0.1.example",
        ] {
            assert!(bad.parse::<Allowed>().is_err(), "{bad}");
        }
        let allowed: Allowed = "paynova=http://127.0.0.1:8091/".parse().unwrap();
        assert_eq!(allowed.base_url, "http://127.0.0.1:8091");
    }
}
