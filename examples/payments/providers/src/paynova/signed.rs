use http::HeaderMap;
use subtle::ConstantTimeEq as _;

use crate::outbox::now;
use crate::webhooks::{hex, mac};

/// How far the clocks may be apart, in seconds.
const TOLERANCE: u64 = 300;

/// Returns the signature of a request: HMAC-SHA-256 over the second, the method, the path with its
/// query, and the body, a line each.
pub(super) fn signature(
    secret: &str,
    seconds: u64,
    method: &str,
    path: &str,
    body: &[u8],
) -> String {
    let signed = [format!("{seconds}\n{method}\n{path}\n").as_bytes(), body].concat();
    hex(&mac(secret.as_bytes(), &signed))
}

/// Tells whether a request was signed with the secret, just now.
pub(super) fn is_good(
    secret: &str,
    method: &str,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let seconds = text("x-paynova-timestamp").and_then(|text| text.parse::<u64>().ok());
    let (Some(seconds), Some(given)) = (seconds, text("x-paynova-signature")) else { return false };
    let expected = signature(secret, seconds, method, path, body);
    now().abs_diff(seconds) <= TOLERANCE && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_signed() {
        let of = |secret, seconds, method, path, body: &str| {
            signature(secret, seconds, method, path, body.as_bytes())
        };
        let good = of("one", 1, "POST", "/a", "{}");
        for other in [
            of("two", 1, "POST", "/a", "{}"),
            of("one", 2, "POST", "/a", "{}"),
            of("one", 1, "GET", "/a", "{}"),
            of("one", 1, "POST", "/b", "{}"),
            of("one", 1, "POST", "/a", "{} "),
        ] {
            assert_ne!(good, other);
        }
    }

    #[test]
    fn an_old_signature_is_none() {
        for (age, good) in [(0, true), (TOLERANCE - 1, true), (TOLERANCE + 5, false)] {
            let seconds = now() - age;
            let mut headers = HeaderMap::new();
            headers.insert("x-paynova-timestamp", seconds.into());
            let signature = signature("one", seconds, "GET", "/a", b"");
            headers.insert("x-paynova-signature", signature.parse().unwrap());
            assert_eq!(is_good("one", "GET", "/a", &headers, b""), good, "{age}");
            assert!(!is_good("two", "GET", "/a", &headers, b""));
        }
    }
}
