use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use serde::{Deserialize, Serialize};

use super::EnvelopeKey;
use super::keys::Ring;
use crate::Error;

/// A tenant's context, sealed: who it is for, who acts, for what and until when.
///
/// Its text is visible ASCII without spaces, fit for headers, URLs and job records, and at most
/// [`MAX_LEN`](Self::MAX_LEN) long. It is no secret from whom it names, for it is signed and not
/// encrypted; but who has it and its payload can have the job done, so `Debug` does not show it.
///
/// It is made by [`EnvelopeKeys::seal`](super::EnvelopeKeys::seal) and read by
/// [`EnvelopeKeys::open`](super::EnvelopeKeys::open).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Envelope(String);

impl Envelope {
    /// The longest one there is, in bytes; a longer text is refused unread.
    pub const MAX_LEN: usize = 4 * 1024;

    /// The header in which requests bring theirs.
    pub const HEADER: HeaderName = HeaderName::from_static("tenancy-envelope");

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Seals contents as `te1.KEY.CONTENTS.SEAL`. None of the parts has a dot in it, and the
    /// seal is over all that stands before the last one.
    pub(super) fn seal(key: &EnvelopeKey, contents: &[u8]) -> Result<Self, Error> {
        let id = key.id();
        let message = format!("{VERSION}.{id}.{}", URL_SAFE_NO_PAD.encode(contents));
        let seal = URL_SAFE_NO_PAD.encode(key.seal(&message));
        let text = format!("{message}.{seal}");
        if text.len() > Self::MAX_LEN {
            return Err(Error::invalid("actor", "seal an envelope: the actor says too much"));
        }
        Ok(Self(text))
    }
}

/// The form above. A text of another one is refused.
const VERSION: &str = "te1";

/// Returns the contents of a text that one of these keys has sealed.
pub(super) fn contents(text: &str, ring: &Ring) -> Result<Vec<u8>, &'static str> {
    if text.len() > Envelope::MAX_LEN {
        return Err("the envelope is too long");
    }
    let rest = text.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('.'));
    let rest = rest.ok_or("the envelope is of an unknown version")?;
    let (message, seal) = text.rsplit_once('.').ok_or("the envelope is malformed")?;
    let mut parts = rest.split('.');
    let (Some(id), Some(contents), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("the envelope is malformed");
    };
    let key = ring.find(id).ok_or("the envelope names no known key")?;
    let seal = URL_SAFE_NO_PAD.decode(seal).map_err(|_| "the envelope's seal is malformed")?;
    // Cut short it is no seal.
    if seal.len() != EnvelopeKey::SEAL || !key.has_sealed(message, &seal) {
        return Err("the envelope's seal is wrong");
    }
    URL_SAFE_NO_PAD.decode(contents).map_err(|_| "the envelope's contents are malformed")
}

impl AsRef<str> for Envelope {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Envelope(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EnvelopeKeys, ErrorKind};

    const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";

    fn key() -> EnvelopeKey {
        EnvelopeKey::new("k1", SECRET).expect("a key")
    }

    /// Seals whatever stands before the last dot, as only who has the key can.
    fn sealed(message: &str) -> String {
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(key().seal(message)))
    }

    #[test]
    fn a_good_seal_on_another_form_is_refused() {
        let keys = EnvelopeKeys::new(key(), []).expect("keys");
        let ring = keys.ring();
        assert_eq!(contents(&sealed("te1.k1.e30"), &ring), Ok(b"{}".to_vec()));
        for message in [
            "te2.k1.e30",
            "te1k1.e30",
            "te1.k1",
            "te1.k1.e30.e30",
            "te1..e30",
            "te10.k1.e30",
            "k1.e30",
        ] {
            assert!(contents(&sealed(message), &ring).is_err(), "{message}");
        }
        let message = format!("te1.k1.{}", "A".repeat(Envelope::MAX_LEN));
        assert_eq!(contents(&sealed(&message), &ring), Err("the envelope is too long"));
    }

    /// Such as by a newer version that says more: what is not understood is not believed.
    #[test]
    fn good_seals_on_odd_contents_are_refused() {
        let keys = EnvelopeKeys::new(key(), []).expect("keys");
        let digest = super::super::contents::digest(b"p");
        let contents = |more: &str| {
            format!(
                r#"{{"use":"job","tid":"0190a6b2-7000-7000-8000-000000000001","prf":"credential",
                "aud":"q","dig":"{digest}","iat":0,"exp":9000000000000000{more}}}"#
            )
        };
        let open = |contents: &str| {
            let text = sealed(&format!("te1.k1.{}", URL_SAFE_NO_PAD.encode(contents)));
            keys.open(text.as_str(), "q", b"p").map_err(|error| error.kind())
        };
        assert!(open(&contents("")).is_ok());
        assert!(open(&contents(r#","rid":"r1","act":{"k":"user","id":"u"}"#)).is_ok());
        for odd in [
            &contents(r#","new":1"#),
            &contents(r#","exp":9000000000000001"#),
            &contents(r#","rid":"not a request id""#),
            &contents(r#","act":{"k":"god","id":"u"}"#),
            &contents(r#","act":{"k":"user","id":"u","may":"all"}"#),
            &contents("").replace("000000000001", "0"),
            &contents("")
                .replace("0190a6b2-7000-7000-8000-000000000001", &uuid::Uuid::nil().to_string()),
            &contents("").replace(r#""iat":0"#, r#""iat":-9000000000000000000"#),
            &contents("").replace(r#""exp":9000000000000000"#, r#""exp":9000000000000000000"#),
            "",
            "{}",
            "[]",
            "null",
            "\u{0}",
        ] {
            assert_eq!(open(odd).map(drop), Err(ErrorKind::CredentialInvalid), "{odd}");
        }
    }
}
