use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tenancy_core::Problem;
use tenancy_sqlx::TenantValue;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::webhooks::SigningSecret;

/// How a source signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignatureScheme)]
pub enum Scheme {
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,BASE64`, as the Standard
    /// Webhooks specification says; the secret is `whsec_BASE64`.
    StandardWebhooks,
    /// `stripe-signature: t=SECONDS,v1=HEX`; the secret is a text.
    Stripe,
}

/// How far a sender's clock may differ, in seconds, to either side.
const TOLERANCE: u64 = 300;

/// The most signatures of one request: a secret that rotates makes two.
const MOST: usize = 10;

impl Scheme {
    /// Requires a text that can be a secret.
    ///
    /// # Errors
    ///
    /// 422 `field_invalid`, without the text.
    pub(super) fn require_secret(self, secret: &str) -> Result<(), Problem> {
        let good = match self {
            Self::StandardWebhooks => SigningSecret::parse(secret).is_ok(),
            Self::Stripe => {
                (16..=200).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic())
            }
        };
        if good {
            return Ok(());
        }
        Err(Problem::new(422, "field_invalid", "A field is not valid")
            .with_param("secret")
            .with_detail("the scheme expects another form of secret"))
    }

    /// Requires a signature of this secret over the raw body, made not long ago. Returns the id that
    /// was signed with it, if the scheme has one.
    ///
    /// # Errors
    ///
    /// 400 `signature_missing`, `signature_invalid` or `timestamp_not_tolerated`.
    pub fn verify(
        self,
        headers: &HeaderMap,
        body: &[u8],
        secret: &str,
        now: OffsetDateTime,
    ) -> Result<Option<String>, Problem> {
        match self {
            Self::StandardWebhooks => standard(headers, body, secret, now).map(Some),
            Self::Stripe => stripe(headers, body, secret, now).map(|()| None),
        }
    }
}

fn standard(
    headers: &HeaderMap,
    body: &[u8],
    secret: &str,
    now: OffsetDateTime,
) -> Result<String, Problem> {
    let id = once(headers, "webhook-id")?;
    let seconds = once(headers, "webhook-timestamp")?;
    let signatures = once(headers, "webhook-signature")?;
    let secret = SigningSecret::parse(secret).map_err(|_| invalid())?;
    let expected = mac(secret.as_bytes(), &[id.as_bytes(), b".", seconds.as_bytes(), b".", body]);
    let good = signatures.split(' ').take(MOST).filter_map(|one| one.strip_prefix("v1,"));
    let good = good.filter_map(|text| BASE64_STANDARD.decode(text).ok());
    require(good, &expected)?;
    // Only now: who cannot sign learns nothing of our clock.
    require_recent(seconds, now)?;
    Ok(id.to_owned())
}

fn stripe(
    headers: &HeaderMap,
    body: &[u8],
    secret: &str,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let header = once(headers, "stripe-signature")?;
    let mut seconds = None;
    let mut signatures = Vec::new();
    for part in header.split(',').take(MOST + 1) {
        match part.trim().split_once('=') {
            Some(("t", text)) if seconds.replace(text).is_some() => return Err(invalid()),
            Some(("v1", text)) => signatures.extend(unhex(text)),
            _ => {}
        }
    }
    let seconds = seconds.ok_or_else(invalid)?;
    let expected = mac(secret.as_bytes(), &[seconds.as_bytes(), b".", body]);
    require(signatures.into_iter(), &expected)?;
    require_recent(seconds, now)
}

/// A header that is there once: of two, a proxy and this program might read different ones.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or_else(|| missing(name))?;
    if values.next().is_some() {
        return Err(invalid());
    }
    value.to_str().map_err(|_| invalid())
}

fn require(mut signatures: impl Iterator<Item = Vec<u8>>, expected: &[u8]) -> Result<(), Problem> {
    if signatures.any(|signature| signature.ct_eq(expected).into()) {
        Ok(())
    } else {
        Err(invalid())
    }
}

fn require_recent(seconds: &str, now: OffsetDateTime) -> Result<(), Problem> {
    let plain = seconds.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = seconds.parse::<i64>().ok().filter(|_| plain).ok_or_else(invalid)?;
    if now.unix_timestamp().abs_diff(seconds) <= TOLERANCE {
        return Ok(());
    }
    Err(Problem::new(400, "timestamp_not_tolerated", "The signature is too old, or too new")
        .with_detail("at most 300 seconds are tolerated"))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length makes a key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    digits.collect()
}

fn missing(name: &str) -> Problem {
    Problem::new(400, "signature_missing", "The request is not signed").with_param(name.to_owned())
}

fn invalid() -> Problem {
    Problem::new(400, "signature_invalid", "The signature is not valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    const GOOD: [(&str, &str); 3] = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ];

    fn code(
        headers: &HeaderMap,
        body: &[u8],
        secret: &str,
        now: i64,
    ) -> Result<Option<String>, String> {
        let verified = Scheme::StandardWebhooks.verify(headers, body, secret, at(now));
        verified.map_err(|problem| problem.code().to_owned())
    }

    /// The values are those of the specification's own example.
    #[test]
    fn the_example_of_the_specification_is_good_for_five_minutes() {
        let good = headers(&GOOD);
        let id = Ok(Some(GOOD[0].1.to_owned()));
        for now in [1_614_265_330, 1_614_265_030, 1_614_265_630] {
            assert_eq!(code(&good, BODY, SECRET, now), id);
        }
        for now in [1_614_265_029, 1_614_265_631] {
            assert_eq!(code(&good, BODY, SECRET, now), Err("timestamp_not_tolerated".into()));
        }
    }

    #[test]
    fn whatever_was_altered_is_refused() {
        let now = 1_614_265_330;
        let refused = Err("signature_invalid".to_owned());
        let good = headers(&GOOD);
        assert_eq!(code(&good, br#"{"test":2432232314}"#, SECRET, now), refused);
        assert_eq!(code(&good, b"", SECRET, now), refused);
        let other = SigningSecret::generate().unwrap().reveal();
        assert_eq!(code(&good, BODY, &other, now), refused);
        for (at, part) in GOOD.into_iter().enumerate() {
            let mut less = GOOD.to_vec();
            less.remove(at);
            assert_eq!(code(&headers(&less), BODY, SECRET, now), Err("signature_missing".into()));
            let mut twice = GOOD.to_vec();
            twice.push(part);
            assert_eq!(code(&headers(&twice), BODY, SECRET, now), refused);
        }
        for (place, value) in [
            (0, "msg_other"),
            (1, "1614265331"),
            (1, "+1614265330"),
            (1, " 1614265330"),
            (2, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            (2, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            (2, "v1,"),
            (2, "v1"),
            (2, ""),
        ] {
            let mut wrong = GOOD;
            wrong[place].1 = value;
            let said = code(&headers(&wrong), BODY, SECRET, now);
            assert!(said.is_err(), "{value}: {said:?}");
        }
        // One good one among others is enough; not among a thousand.
        let mut two = GOOD;
        let both = format!("v1,AAAA {}", GOOD[2].1);
        two[2].1 = &both;
        assert!(code(&headers(&two), BODY, SECRET, now).is_ok());
        let many = format!("{}{}", "v1,AAAA ".repeat(1_000), GOOD[2].1);
        two[2].1 = &many;
        assert_eq!(code(&headers(&two), BODY, SECRET, now), refused);
    }

    #[test]
    fn stripe_signatures_are_over_time_and_body() {
        let (secret, now) = ("whsec_test_secret_of_a_bank", 1_614_265_330);
        let digits = |body: &[u8]| {
            mac(secret.as_bytes(), &[b"1614265330.", body])
                .iter()
                .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
        };
        let check = |header: &str, body: &[u8], now: i64| {
            let headers = headers(&[("stripe-signature", header)]);
            let verified = Scheme::Stripe.verify(&headers, body, secret, at(now));
            verified.map_err(|problem| problem.code().to_owned())
        };
        let good = format!("t=1614265330,v1={},v0=00", digits(BODY));
        assert_eq!(check(&good, BODY, now), Ok(None));
        assert_eq!(check(&good, BODY, now + 301), Err("timestamp_not_tolerated".into()));
        assert_eq!(check(&good, BODY, now - 301), Err("timestamp_not_tolerated".into()));
        for bad in [
            format!("t=1614265331,v1={}", digits(BODY)),
            format!("t=1614265330,t=1614265330,v1={}", digits(BODY)),
            format!("v1={}", digits(BODY)),
            format!("t=1614265330,v1={}", digits(b"")),
            format!("t=1614265330,v0={}", digits(BODY)),
            "t=1614265330".to_owned(),
            "t=1614265330,v1=é".to_owned(),
            String::new(),
        ] {
            if let Ok(header) = bad.parse::<http::HeaderValue>() {
                let headers = HeaderMap::from_iter([("stripe-signature".parse().unwrap(), header)]);
                let verified = Scheme::Stripe.verify(&headers, BODY, secret, at(now));
                assert_eq!(verified.unwrap_err().code(), "signature_invalid", "{bad}");
            }
        }
        let unsigned = Scheme::Stripe.verify(&HeaderMap::new(), BODY, secret, at(now));
        assert_eq!(unsigned.unwrap_err().code(), "signature_missing");
    }
}
