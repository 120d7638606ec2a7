use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use tenancy_core::{Error, ErrorKind};
use time::OffsetDateTime;

/// The secret of somebody's authenticator: codes of six digits that change every 30 seconds
/// (RFC 6238, with HMAC-SHA-1, which is all that authenticators know).
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Vec<u8>);

/// Seconds that a code is good for.
const STEP: i64 = 30;
/// Codes of the step before and the one behind are taken: clocks differ.
const DRIFT: i64 = 1;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl TotpSecret {
    /// Draws one: 160 bits, as RFC 4226 recommends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        random::<20>().map(|bytes| Self(bytes.to_vec()))
    }

    /// Takes what was kept.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, to be kept sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the text that people type into an authenticator: base32 (RFC 4648).
    pub fn reveal(&self) -> String {
        base32(&self.0)
    }

    /// Returns the address that authenticators read from a picture.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (escaped(issuer), escaped(account));
        format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", self.reveal())
    }

    /// Returns the step whose code this is, if it is one of now and if no code of that step or a
    /// later one was used: keep it as the last one used, so that no code is good twice.
    pub fn step_of(&self, code: &str, now: OffsetDateTime, last_used: Option<i64>) -> Option<i64> {
        let current = now.unix_timestamp().div_euclid(STEP);
        let steps = (current - DRIFT..=current + DRIFT).rev();
        let is_right = |step: &i64| {
            verify_slices_are_equal(self.code(*step).as_bytes(), code.as_bytes()).is_ok()
        };
        let step = steps.filter(is_right).max()?;
        last_used.is_none_or(|last| step > last).then_some(step)
    }

    fn code(&self, step: i64) -> String {
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 0x0f);
        let number = u32::from_be_bytes([tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]]);
        format!("{:06}", number % 1_000_000)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// A code for whoever has lost the authenticator, good once.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// Draws one with 80 random bits: `ABCD-EFGH-IJKL-MNOP`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        random::<10>().map(|bytes| Self(base32(&bytes)))
    }

    /// Reads one, however its letters are grouped.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text
            .chars()
            .filter(|at| !matches!(at, '-' | ' '))
            .map(|at| at.to_ascii_uppercase())
            .collect();
        (text.len() == 16 && text.bytes().all(|byte| ALPHABET.contains(&byte)))
            .then_some(Self(text))
    }

    /// Returns the text to write down.
    pub fn reveal(&self) -> String {
        let groups: Vec<_> = (0..4).map(|at| &self.0[at * 4..at * 4 + 4]).collect();
        groups.join("-")
    }

    /// Returns what is kept of it: its SHA-256.
    pub fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.0.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|source| Error::new(ErrorKind::Internal, "draw a secret").with_source(source))?;
    Ok(bytes)
}

/// Writes bytes, a multiple of five, in base32 without padding.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5);
    for five in bytes.chunks(5) {
        let number = five.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        for at in (0..8).rev() {
            let letter = (number >> (at * 5)) & 31;
            text.push(char::from(ALPHABET[usize::try_from(letter).unwrap_or_default()]));
        }
    }
    text
}

fn escaped(text: &str) -> String {
    use fmt::Write as _;

    text.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            other => drop(write!(text, "%{other:02X}")),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    /// RFC 6238, appendix B, the last six digits of its eight.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890".to_vec());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.step_of(code, at(seconds), None), Some(seconds / 30), "{code}");
        }
        assert_eq!(secret.reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute_around() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890".to_vec());
        let step = secret.step_of("287082", at(59), None).unwrap();
        assert_eq!(secret.step_of("287082", at(59), Some(step)), None, "a second time");
        assert_eq!(secret.step_of("287082", at(59), Some(step + 1)), None, "an older one");
        assert!(secret.step_of("287082", at(89), None).is_some());
        assert_eq!(secret.step_of("287082", at(90), None), None);
        assert!(secret.step_of("287082", at(0), None).is_some());
        for wrong in ["", "28708", "287083", "2870820", "94287082"] {
            assert_eq!(secret.step_of(wrong, at(59), None), None);
        }
        let other = TotpSecret::generate().unwrap();
        assert_eq!(other.step_of(&secret.code(1), at(59), None), None);
    }

    #[test]
    fn recovery_codes_read_back_in_any_grouping() {
        let code = RecoveryCode::generate().unwrap();
        let plain = code.reveal().replace('-', "").to_lowercase();
        assert_eq!(RecoveryCode::parse(&plain).unwrap().hash(), code.hash());
        assert_eq!(RecoveryCode::parse(&code.reveal()).unwrap(), code);
        assert_ne!(RecoveryCode::generate().unwrap(), code);
        assert!(
            RecoveryCode::parse("ABCD").is_none()
                && RecoveryCode::parse("1111-1111-1111-1111").is_none()
        );
    }

    #[test]
    fn a_picture_names_issuer_and_account() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890".to_vec());
        assert_eq!(
            secret.uri("Kita Pay", "a@b.example"),
            "otpauth://totp/Kita%20Pay:a%40b.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Kita%20Pay"
        );
    }
}
