use std::fmt::{self, Write as _};

use tenancy_core::limit::{Bounds, Calendar, Call, Change, Limit, Operation, Period, Policy, Zone};
use tenancy_core::{Error, ErrorKind, TenantId};

use crate::keys;
use crate::slot::Slot;

/// A call as the script takes it: its keys, and the rest packed. `begin.lua` says how.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) keys: Vec<String>,
    pub(super) packed: Vec<u8>,
    pub(super) limits: usize,
    /// The slot of its keys, where that matters.
    pub(super) slot: Option<Slot>,
}

impl Asked {
    /// Packs a call; `now` is this node's, by which zones are looked up.
    pub(super) fn new(
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
        now: i64,
    ) -> Result<Self, Error> {
        let mut keys = Vec::with_capacity(limits.len() + 1);
        for limit in limits {
            keys.push(key(tenant, limit)?);
        }
        let mut packed = Packed(Vec::with_capacity(16 + 48 * limits.len()));
        packed.int::<1>(operation(call.operation())?);
        packed.int::<1>(limits.len() as u64);
        packed.int::<1>(u64::from(call.id().is_some()));
        packed.int::<4>(call.cost().get().into());
        if let Some(id) = call.id() {
            packed.0.extend(id.to_bytes());
            packed.int::<6>(Fingerprint::of(&keys, limits));
            packed.int::<7>(longest_micros(limits));
            keys.push(keys::charge(tenant, id));
        }
        for limit in limits {
            packed.limit(limit, now)?;
        }
        Ok(Self { keys, packed: packed.0, limits: limits.len(), slot: None })
    }
}

fn key(tenant: TenantId, limit: &Limit) -> Result<String, Error> {
    match limit.policy() {
        Policy::SlidingLog(_) => Ok(keys::sliding_log(tenant, limit.key())),
        Policy::Concurrency(_) => Ok(keys::permits(tenant, limit.key())),
        Policy::AtMost(_) | Policy::TokenBucket(_) | Policy::Calendar(_) => {
            Ok(keys::subject(tenant, limit.key()))
        }
        _ => Err(unknown()),
    }
}

fn operation(operation: Operation) -> Result<u64, Error> {
    Ok(match operation {
        Operation::Peek => 0,
        Operation::Charge => 1,
        Operation::UpTo => 2,
        Operation::Force => 3,
        Operation::Refund => 4,
        Operation::Release => 5,
        Operation::Renew => 6,
        Operation::Reset => 7,
        _ => return Err(unknown()),
    })
}

fn unknown() -> Error {
    let message = "decide a rate limit: this shape or call is not known to redis";
    Error::new(ErrorKind::Misconfigured, message)
}

/// After how long nothing of a charge counts: a bucket of an at-most outlives its window.
fn longest_micros(limits: &[Limit]) -> u64 {
    let longest = limits.iter().map(|limit| limit.policy().window()).max().unwrap_or_default();
    let longest = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
    longest.saturating_add(longest / 8)
}

/// Numbers big-endian, in as many bytes as the script reads.
struct Packed(Vec<u8>);

impl Packed {
    fn int<const BYTES: usize>(&mut self, value: u64) {
        let largest = u64::MAX >> (64 - 8 * BYTES);
        self.0.extend_from_slice(&value.min(largest).to_be_bytes()[8 - BYTES..]);
    }

    fn micros(&mut self, duration: std::time::Duration) {
        self.int::<7>(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    fn limit(&mut self, limit: &Limit, now: i64) -> Result<(), Error> {
        let shape = match limit.policy() {
            Policy::AtMost(_) => 1,
            Policy::TokenBucket(_) => 2,
            Policy::Calendar(_) => 3,
            Policy::SlidingLog(_) => 4,
            Policy::Concurrency(_) => 5,
            _ => return Err(unknown()),
        };
        let change = match limit.change() {
            Change::AsIs => 0,
            Change::Proportional => 2,
            Change::Reset => 4,
        };
        self.int::<1>(shape);
        self.int::<1>(u64::from(limit.is_shadow()) + change);
        let name = limit.name().as_str();
        self.int::<1>(name.len() as u64);
        self.0.extend_from_slice(name.as_bytes());
        match limit.policy() {
            Policy::TokenBucket(policy) => {
                self.int::<4>(policy.burst().get().into());
                self.int::<4>(policy.n().get().into());
                self.micros(policy.per());
            }
            Policy::Calendar(policy) => self.calendar(policy, now),
            policy => {
                self.int::<4>(policy.n().get().into());
                self.micros(policy.window());
            }
        }
        Ok(())
    }

    fn calendar(&mut self, policy: Calendar, now: i64) {
        self.int::<4>(policy.n().get().into());
        self.int::<2>(mark(policy.period(), policy.zone()));
        match policy.bounds(now) {
            Bounds::Regular(length) => self.int::<7>(length.unsigned_abs()),
            Bounds::Listed(ends) => {
                self.int::<7>(0);
                for end in ends {
                    self.int::<7>(end.max(0).unsigned_abs());
                }
            }
        }
    }
}

/// Tells one kind of period from another: three bits of the period, thirteen of the zone.
fn mark(period: Period, zone: Zone) -> u64 {
    let period = match period {
        Period::Second => 1,
        Period::Minute => 2,
        Period::Hour => 3,
        Period::Day => 4,
        Period::Month => 5,
    };
    let mut name = Fingerprint::new();
    name.add(zone.name().as_bytes());
    (period << 13) + (name.0 & 0x1fff)
}

/// Tells the limits of one charge from those of another (FNV-1a).
struct Fingerprint(u64);

impl Fingerprint {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn of(keys: &[String], limits: &[Limit]) -> u64 {
        let mut all = Self::new();
        for (key, limit) in keys.iter().zip(limits) {
            // Writing to it does not fail.
            let _ = writeln!(all, "{key} {} {:?}", limit.name(), limit.policy());
        }
        all.0 & 0xffff_ffff_ffff
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl fmt::Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}
