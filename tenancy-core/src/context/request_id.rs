use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use crate::Error;

/// Names one request in logs and answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Makes a new one: 32 hexadecimal digits, of which the first half is the process's and the
    /// second counts. It can be guessed, and is no secret.
    pub fn generate() -> Self {
        // Asking the system for random bytes each time costs a third of a microsecond.
        static PROCESS: LazyLock<[u8; 16]> = LazyLock::new(|| hex(random()));
        static COUNT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(random()));
        let mut text = [0; 32];
        text[..16].copy_from_slice(&*PROCESS);
        text[16..].copy_from_slice(&hex(COUNT.fetch_add(1, Ordering::Relaxed)));
        Self(String::from_utf8_lossy(&text).into())
    }

    /// Takes a caller's: 1 to 64 of letters, digits, `-`, `_` and `.`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(Error::invalid("x-request-id", "read a request id: it is malformed"));
        }
        Ok(Self(text.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
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
        f.write_str(&self.0)
    }
}
