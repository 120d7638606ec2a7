//! The keys in Redis. Nothing else formats one.
//!
//! | key | type | holds |
//! | --- | --- | --- |
//! | `tn:{<tenant>}:c:<cache>:g` | string | the generation of a cache: 16 random bytes and a server's run |
//! | `tn:{<tenant>}:c:<cache>:v:<subject>` | string | a value of a cache, or the lease to fill it |
//! | `tn:{<tenant>}:l:<name>:<subject>` | list | the sliding log of a limit |
//! | `tn:{<tenant>}:p:<name>:<subject>` | sorted set | the permits of a limit, by when they end |
//! | `tn:{<tenant>}:q:<month>:<meter>` | hash | what is used and held of a quota, and each hold |
//! | `tn:{<tenant>}:q:<month>:<meter>:until` | sorted set | when each hold runs out |
//! | `tn:{<tenant>}:r:<id>` | string | a charge that can be given back |
//! | `tn:{<tenant>}:s`, `tn:{<tenant>}:s:<subject>` | string | the other limits of the tenant, or of a subject, all in one |
//! | `tn:{<tenant>}:b` | string | the run of the server that the books of leases are of, and since when |
//! | `tn:{<tenant>}:b:<name>:<subject>` | hash | the book of a leased limit |
//! | `tn:{<tenant>}:u:<month>` | hash | the counts of a month, by series, and the last batches that came |
//! | `tn:{<n>}:e` | string | of each slot of a cluster: since when its server has it, for strict limits; `tn:e` without a cluster |
//!
//! and the channel `tn:invalidations`, over which nodes hear what changed in the directory.
//!
//! The braces make the tenant the hash tag: all keys of a tenant share a slot of a cluster.

use std::fmt::Write as _;

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};
use tenancy_core::cache::CacheKey;
use tenancy_core::limit::{ChargeId, LimitKey};
use tenancy_core::usage::{Meter, Month};
use tenancy_core::{CacheName, TenantId};

use crate::slot::Slot;

/// The channel of changes of the directory. It is one for a server, whatever database is chosen.
pub(crate) const INVALIDATIONS: &str = "tn:invalidations";

/// The key of what all values of a tenant in a cache share until they are flushed.
pub(crate) fn cache_generation(tenant: TenantId, cache: &CacheName) -> String {
    format!("tn:{{{tenant}}}:c:{cache}:g")
}

/// The key of a value of a cache.
pub(crate) fn cache_entry(cache: &CacheName, key: &CacheKey) -> String {
    let mut text = format!("tn:{{{}}}:c:{cache}:v:", key.tenant());
    push_subject(&mut text, key.subject(), key.is_digest());
    text
}

/// The key of a sliding log.
pub(crate) fn sliding_log(tenant: TenantId, key: &LimitKey) -> String {
    of_limit(tenant, 'l', key)
}

/// The key of the permits of a limit.
pub(crate) fn permits(tenant: TenantId, key: &LimitKey) -> String {
    of_limit(tenant, 'p', key)
}

fn of_limit(tenant: TenantId, kind: char, key: &LimitKey) -> String {
    let mut text = format!("tn:{{{tenant}}}:{kind}:{}:", key.name());
    push_subject(&mut text, key.subject(), key.is_digest());
    text
}

/// The key of the limits of one subject, whatever their names.
///
/// That of the whole tenant has 43 characters: two more, and Redis would need a third more room.
pub(crate) fn subject(tenant: TenantId, key: &LimitKey) -> String {
    let mut text = String::with_capacity(64);
    // Writing to a String does not fail.
    let _ = write!(text, "tn:{{{tenant}}}:s");
    if !key.subject().is_empty() {
        text.push(':');
        push_subject(&mut text, key.subject(), key.is_digest());
    }
    text
}

/// The key of a charge that has a name.
pub(crate) fn charge(tenant: TenantId, id: ChargeId) -> String {
    let mut text = format!("tn:{{{tenant}}}:r:");
    push_hex(&mut text, &id.to_bytes());
    text
}

/// The key of the run of the server that the books of leases are of.
pub(crate) fn lease_run(tenant: TenantId) -> String {
    format!("tn:{{{tenant}}}:b")
}

/// The key of the book of a leased limit.
pub(crate) fn lease_book(tenant: TenantId, key: &LimitKey) -> String {
    of_limit(tenant, 'b', key)
}

/// The key of a month's counts.
pub(crate) fn usage(tenant: TenantId, month: Month) -> String {
    format!("tn:{{{tenant}}}:u:{month}")
}

/// The keys of a quota in a month, and of when its holds run out.
pub(crate) fn quota(tenant: TenantId, month: Month, meter: &Meter) -> [String; 2] {
    let quota = format!("tn:{{{tenant}}}:q:{month}:{meter}");
    let holds = format!("{quota}:until");
    [quota, holds]
}

/// The key of since when a server has a slot, or all keys.
pub(crate) fn epoch(slot: Option<Slot>) -> String {
    // For each slot a number that is in it.
    static NUMBERS: LazyLock<Vec<u32>> = LazyLock::new(|| {
        let mut numbers = vec![None; Slot::COUNT];
        let mut missing = Slot::COUNT;
        for number in 0_u32.. {
            let found = &mut numbers[Slot::of(number.to_string().as_bytes()).index()];
            if found.is_none() {
                *found = Some(number);
                missing -= 1;
            }
            if missing == 0 {
                break;
            }
        }
        numbers.into_iter().flatten().collect()
    });
    match slot {
        Some(slot) => format!("tn:{{{}}}:e", NUMBERS[slot.index()]),
        None => "tn:e".to_owned(),
    }
}

/// Writes a subject of any bytes.
///
/// One of letters, digits and `_ - . @ :` is readable after a `=`; any other one is its SHA-256
/// after a `#`. So no two subjects meet, and no subject closes the hash tag or fills the memory.
fn push_subject(text: &mut String, subject: &[u8], is_digest: bool) {
    match std::str::from_utf8(subject) {
        Ok(plain) if !is_digest && is_plain(plain) => {
            text.push('=');
            text.push_str(plain);
        }
        _ => {
            text.push('#');
            if is_digest {
                push_hex(text, subject);
            } else {
                push_hex(text, &Sha256::digest(subject));
            }
        }
    }
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

    const MENUS: CacheName = CacheName::from_static("menus");

    fn cached(tenant: TenantId, subject: &[u8]) -> String {
        cache_entry(&MENUS, &CacheKey::new(tenant, subject))
    }

    fn key(tenant: TenantId, subject: &[u8]) -> String {
        sliding_log(tenant, &LimitKey::new(LimitName::TENANT, subject))
    }

    fn shared(tenant: TenantId, bytes: &[u8]) -> String {
        subject(tenant, &LimitKey::new(LimitName::TENANT, bytes))
    }

    #[test]
    fn the_tenant_is_the_only_hash_tag() {
        let (a, b) = (TenantId::generate(), TenantId::generate());
        for subject in ["", "user_7", "}{", "a b", "ä", &"x".repeat(10_000)].map(str::as_bytes) {
            let found = key(a, subject);
            assert!(found.starts_with(&format!("tn:{{{a}}}:l:tenant:")), "{found}");
            assert_eq!(found.matches(['{', '}']).count(), 2, "{found}");
            assert!(found.len() < 200, "{found}");
            assert_ne!(found, key(b, subject));
            let found = shared(a, subject);
            assert!(found.starts_with(&format!("tn:{{{a}}}:s")), "{found}");
            assert_eq!(found.matches(['{', '}']).count(), 2, "{found}");
            assert!(found.len() < 200, "{found}");
            assert_ne!(found, shared(b, subject));
            let found = cached(a, subject);
            assert!(found.starts_with(&format!("tn:{{{a}}}:c:menus:v:")), "{found}");
            assert_eq!(found.matches(['{', '}']).count(), 2, "{found}");
            assert!(found.len() < 200, "{found}");
            assert_ne!(found, cached(b, subject));
            assert_ne!(found, cache_generation(a, &MENUS));
        }
    }

    #[test]
    fn every_slot_has_a_key_of_its_own() {
        for slot in (0..Slot::COUNT).filter_map(Slot::at) {
            assert_eq!(Slot::of(epoch(Some(slot)).as_bytes()), slot);
        }
    }

    /// Braces in a subject cannot take a key to another server.
    #[test]
    fn all_keys_of_a_tenant_share_a_slot() {
        let (a, b) = (TenantId::generate(), TenantId::generate());
        let month = Month::current(&tenancy_core::SystemClock);
        for tenant in [a, b] {
            let slot = Slot::of(tenant.to_string().as_bytes());
            for bytes in ["", "}{", "{x}", "}:{", "a b", &"{".repeat(10_000)].map(str::as_bytes) {
                let limit = LimitKey::new(LimitName::TENANT, bytes);
                let mut all = vec![
                    cached(tenant, bytes),
                    cache_generation(tenant, &MENUS),
                    key(tenant, bytes),
                    permits(tenant, &limit),
                    subject(tenant, &limit),
                    charge(tenant, ChargeId::generate()),
                    lease_run(tenant),
                    lease_book(tenant, &limit),
                    usage(tenant, month),
                ];
                all.extend(quota(tenant, month, &Meter::API_CALLS));
                for key in all {
                    assert_eq!(Slot::of(key.as_bytes()), slot, "{key}");
                }
            }
        }
    }

    #[test]
    fn no_two_subjects_meet() {
        let tenant = TenantId::generate();
        let digest = Sha256::digest("a b");
        let mut hex = String::new();
        push_hex(&mut hex, &digest);
        let subjects: [&[u8]; 6] = [b"", b"a b", hex.as_bytes(), &digest, b"=", b"#"];
        for name in [key, shared, cached] {
            let mut keys: Vec<_> = subjects.iter().map(|subject| name(tenant, subject)).collect();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), subjects.len());
        }
    }
}
