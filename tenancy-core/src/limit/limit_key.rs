use std::fmt;

use sha2::{Digest, Sha256};

use super::LimitName;

/// What a limit counts within a tenant: its name and a subject.
///
/// The subject tells one user, key or route from another; it may be empty. Any bytes will do:
/// a subject longer than [`LimitKey::MAX_SUBJECT`] is kept as its SHA-256, so that nobody can
/// fill the memory with names.
///
/// ```
/// use tenancy_core::limit::{LimitKey, LimitName};
///
/// let ada = LimitKey::new(LimitName::PRINCIPAL, "ada");
/// let bob = LimitKey::new(LimitName::PRINCIPAL, "bob");
/// assert_ne!(ada, bob);
/// assert_eq!(ada.subject(), b"ada");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LimitKey {
    name: LimitName,
    subject: Subject,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Subject {
    // Not an empty slice: comparing two of those costs 80 ns where memory at address 1 is asked.
    WholeTenant,
    /// A subject that fits is kept here: most do, and a request has several.
    Short {
        len: u8,
        bytes: [u8; SHORT],
    },
    Plain(Box<[u8]>),
    Digest([u8; 32]),
}

/// As long as a digest: no key is larger for it.
const SHORT: usize = 32;

impl LimitKey {
    /// The longest subject that is kept as it is, in bytes.
    pub const MAX_SUBJECT: usize = 128;

    /// Names a subject.
    pub fn new(name: LimitName, subject: impl AsRef<[u8]>) -> Self {
        Self { name, subject: Subject::of(&[subject.as_ref()]) }
    }

    /// Names another subject, put together from parts.
    pub(super) fn set_subject(&mut self, parts: &[&[u8]]) {
        self.subject = Subject::of(parts);
    }

    /// Names the whole tenant: the same as an empty subject.
    pub const fn whole_tenant(name: LimitName) -> Self {
        Self { name, subject: Subject::WholeTenant }
    }

    /// Returns the limit's name.
    pub const fn name(&self) -> &LimitName {
        &self.name
    }

    /// Returns the subject's bytes, or those of its digest.
    pub fn subject(&self) -> &[u8] {
        match &self.subject {
            Subject::WholeTenant => &[],
            Subject::Short { len, bytes } => &bytes[..usize::from(*len)],
            Subject::Plain(bytes) => bytes,
            Subject::Digest(digest) => digest,
        }
    }

    /// Tells whether [`subject`](Self::subject) is a digest.
    pub const fn is_digest(&self) -> bool {
        matches!(self.subject, Subject::Digest(_))
    }
}

impl Subject {
    fn of(parts: &[&[u8]]) -> Self {
        match parts.iter().map(|part| part.len()).sum() {
            0 => Self::WholeTenant,
            len if len <= SHORT => Self::short(parts),
            len if len <= LimitKey::MAX_SUBJECT => Self::Plain(parts.concat().into()),
            _ => Self::digest(parts),
        }
    }

    fn short(parts: &[&[u8]]) -> Self {
        let (mut bytes, mut end) = ([0; SHORT], 0);
        for part in parts {
            bytes[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        let len = u8::try_from(end).expect("a short subject has at most 32 bytes");
        Self::Short { len, bytes }
    }

    fn digest(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part);
        }
        Self::Digest(digest.finalize().into())
    }
}

impl fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LimitKey({}, {})", self.name, self.subject().escape_ascii())
    }
}
