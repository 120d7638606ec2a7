use std::fmt;

use sha2::{Digest, Sha256};

use crate::TenantId;

/// What a cache keeps a value under: a tenant, and bytes of the application's choice.
///
/// There is no key without a tenant, and the bytes cannot run into it: they are a part of their
/// own, here and in every store. Any bytes will do. More than [`CacheKey::MAX_SUBJECT`] of them
/// are kept as their SHA-256, so that nobody can fill the memory with names.
///
/// ```
/// use tenancy_core::TenantId;
/// use tenancy_core::cache::CacheKey;
///
/// let (harbor, riverside) = (TenantId::generate(), TenantId::generate());
/// assert_ne!(CacheKey::new(harbor, "menu"), CacheKey::new(riverside, "menu"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    tenant: TenantId,
    subject: Subject,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Subject {
    Plain(Box<[u8]>),
    Digest([u8; 32]),
}

impl CacheKey {
    /// The longest subject that is kept as it is, in bytes.
    pub const MAX_SUBJECT: usize = 128;

    /// Names something of a tenant.
    pub fn new(tenant: TenantId, subject: impl AsRef<[u8]>) -> Self {
        let subject = subject.as_ref();
        let subject = if subject.len() <= Self::MAX_SUBJECT {
            Subject::Plain(subject.into())
        } else {
            Subject::Digest(Sha256::digest(subject).into())
        };
        Self { tenant, subject }
    }

    /// Returns the tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns the subject's bytes, or those of its digest.
    pub fn subject(&self) -> &[u8] {
        match &self.subject {
            Subject::Plain(bytes) => bytes,
            Subject::Digest(digest) => digest,
        }
    }

    /// Tells whether [`subject`](Self::subject) is a digest.
    pub const fn is_digest(&self) -> bool {
        matches!(self.subject, Subject::Digest(_))
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheKey({}, {})", self.tenant, self.subject().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_keys_meet() {
        let long = [b'x'; CacheKey::MAX_SUBJECT + 1];
        let digest: [u8; 32] = Sha256::digest(long).into();
        let subjects: [&[u8]; 6] = [b"", b"menu", b"menu\0", &long[1..], &long, &digest];
        let tenants = [TenantId::generate(), TenantId::generate()];
        let keys: HashSet<_> = tenants
            .iter()
            .flat_map(|tenant| subjects.map(|subject| CacheKey::new(*tenant, subject)))
            .collect();
        assert_eq!(keys.len(), 12);
        // The bytes of one tenant's id, in front of a subject or alone, name nothing of that tenant.
        let forged = [tenants[1].uuid().as_bytes().as_slice(), b"menu"].concat();
        assert!(!keys.contains(&CacheKey::new(tenants[0], forged)));
    }
}
