use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Error;

/// Names one request in logs and answers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId {
    len: u8,
    /// In place: a request that is served allocates nothing for its id.
    text: [u8; LONGEST],
}

const LONGEST: usize = 64;

impl RequestId {
    /// Makes a new one: 32 hexadecimal digits, of which the first half is the process's and the
    /// second counts. It can be guessed, and is no secret.
    pub fn generate() -> Self {
        // Asking the system for random bytes each time costs a third of a microsecond.
        static PROCESS: LazyLock<[u8; 16]> = LazyLock::new(|| hex(random()));
        static COUNT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(random()));
        let mut text = [0; LONGEST];
        text[..16].copy_from_slice(&*PROCESS);
        text[16..32].copy_from_slice(&hex(COUNT.fetch_add(1, Ordering::Relaxed)));
        Self { len: 32, text }
    }

    /// Takes a caller's: 1 to 64 of letters, digits, `-`, `_` and `.`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let malformed = || Error::invalid("x-request-id", "read a request id: it is malformed");
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.is_empty() || text.len() > LONGEST || !text.bytes().all(allowed) {
            return Err(malformed());
        }
        let mut inner = [0; LONGEST];
        inner[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { len: u8::try_from(text.len()).map_err(|_| malformed())?, text: inner })
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.len)).unwrap_or_default();
        // It is ASCII.
        str::from_utf8(text).unwrap_or_default()
    }
}

fn hex(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (index, byte) in number.to_be_bytes().into_iter().enumerate() {
        digits[2 * index] = DIGITS[usize::from(byte >> 4)];
        digits[2 * index + 1] = DIGITS[usize::from(byte & 0xf)];
    }
    digits
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn random() -> u64 {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_ne_bytes(bytes),
        // Ids of two processes may then be equal, which confuses logs and nothing else.
        Err(_) => u64::from(std::process::id()),
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}
