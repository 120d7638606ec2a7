//! How events are signed and sent.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Where an account wants its events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    pub(crate) account: String,
    pub(crate) url: String,
    pub(crate) secret: String,
}

/// Which events are sent now.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivery {
    pub(crate) account: String,
    /// Only those of this type.
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) order: Order,
    /// How often each.
    #[serde(default = "once")]
    pub(crate) times: u32,
}

const fn once() -> u32 {
    1
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// What came of an event.
#[derive(Debug, Serialize)]
pub(crate) struct Delivered {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What the receiver answered, if it did.
    pub(crate) status: Option<u16>,
}

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// `stripe-signature: t=SECONDS,v1=HEX` over `SECONDS.BODY`.
    Stripe,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,BASE64` over
    /// `ID.SECONDS.BODY`; the secret is `whsec_BASE64`.
    Standard,
}

impl Scheme {
    /// Returns the headers of an event sent at this second.
    pub(crate) fn headers(
        self,
        secret: &str,
        id: &str,
        seconds: u64,
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        match self {
            Self::Stripe => {
                let signed = [format!("{seconds}.").as_bytes(), body].concat();
                let digits = hex(&mac(secret.as_bytes(), &signed));
                vec![("stripe-signature", format!("t={seconds},v1={digits}"))]
            }
            Self::Standard => {
                let text = secret.strip_prefix("whsec_").unwrap_or(secret);
                let key = BASE64_STANDARD.decode(text).unwrap_or_else(|_| secret.into());
                let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
                let signature = BASE64_STANDARD.encode(mac(&key, &signed));
                vec![
                    ("webhook-id", id.to_owned()),
                    ("webhook-timestamp", seconds.to_string()),
                    ("webhook-signature", format!("v1,{signature}")),
                ]
            }
        }
    }
}

/// HMAC-SHA-256.
pub(crate) fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is one");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Digits of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of the Standard Webhooks specification's own example.
    #[test]
    fn standard_signatures_are_those_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = br#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let headers = Scheme::Standard.headers(secret, id, 1_614_265_330, body);
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_differently() {
        let headers = |secret| Scheme::Stripe.headers(secret, "evt_1", 12, b"{}")[0].1.clone();
        assert!(headers("one").starts_with("t=12,v1="));
        assert_ne!(headers("one"), headers("two"));
    }
}
