//! The keys in Redis. Nothing else formats one.
//!
//! | key | type | holds |
//! | --- | --- | --- |
//! | `tn:{<tenant>}:l:<name>:<subject>` | list | the sliding log of a limit |
//! | `tn:{<tenant>}:u:<month>` | hash | the counts of a month, by meter |
//!
//! and the channel `tn:invalidations`, over which nodes hear what changed in the directory.
//!
//! The braces make the tenant the hash tag: all keys of a tenant share a slot of a cluster.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use tenancy_core::TenantId;
use tenancy_core::limit::LimitKey;
use tenancy_core::usage::Month;

/// The channel of changes of the directory. It is one for a server, whatever database is chosen.
pub(crate) const INVALIDATIONS: &str = "tn:invalidations";

/// The key of a limit's state.
///
/// A subject of letters, digits and `_ - . @ :` is readable after a `=`; any other one is its
/// SHA-256 after a `#`. So no two subjects meet, and no subject closes the hash tag or fills
/// the memory.
pub(crate) fn limit(tenant: TenantId, key: &LimitKey) -> String {
    let mut text = format!("tn:{{{tenant}}}:l:{}:", key.name());
    let subject = key.subject();
    match std::str::from_utf8(subject) {
        Ok(plain) if !key.is_digest() && is_plain(plain) => {
            text.push('=');
            text.push_str(plain);
        }
        _ => {
            text.push('#');
            if key.is_digest() {
                push_hex(&mut text, subject);
            } else {
                push_hex(&mut text, &Sha256::digest(subject));
            }
        }
    }
    text
}

/// The key of a month's counts.
pub(crate) fn usage(tenant: TenantId, month: Month) -> String {
    format!("tn:{{{tenant}}}:u:{month}")
}

fn is_plain(subject: &str) -> bool {
    subject.len() <= 64
        && subject.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b':')
        })
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use tenancy_core::limit::LimitName;

    use super::*;

    fn key(tenant: TenantId, subject: impl AsRef<[u8]>) -> String {
        limit(tenant, &LimitKey::new(LimitName::TENANT, subject))
    }

    #[test]
    fn the_tenant_is_the_only_hash_tag() {
        let (a, b) = (TenantId::generate(), TenantId::generate());
        for subject in ["", "user_7", "}{", "a b", "ä", &"x".repeat(10_000)] {
            let found = key(a, subject);
            assert!(found.starts_with(&format!("tn:{{{a}}}:l:tenant:")), "{found}");
            assert_eq!(found.matches(['{', '}']).count(), 2, "{found}");
            assert!(found.len() < 200, "{found}");
            assert_ne!(found, key(b, subject));
        }
    }

    #[test]
    fn no_two_subjects_meet() {
        let tenant = TenantId::generate();
        let digest = Sha256::digest("a b");
        let mut hex = String::new();
        push_hex(&mut hex, &digest);
        let subjects: [&[u8]; 6] = [b"", b"a b", hex.as_bytes(), &digest, b"=", b"#"];
        let mut keys: Vec<_> = subjects.iter().map(|subject| key(tenant, subject)).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), subjects.len());
    }
}
