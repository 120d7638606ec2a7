use super::super::{AuditEvent, canonical};
use super::AuditHash;
use crate::{Error, ErrorKind, TenantId};

const GENESIS: &str = "tenancy.audit.genesis";
const ENTRY: &str = "tenancy.audit.entry";

/// Where the chain of a tenant stands: its newest entry.
///
/// Keep one outside of the store now and then: with it,
/// [`ChainVerifier::expecting`](super::ChainVerifier::expecting) also sees that entries are
/// missing at the end, or that the whole chain was written anew.
///
/// ```
/// use tenancy_core::audit::{AuditAction, AuditEvent, ChainHead, ChainVerifier};
/// use tenancy_core::{Clock, SystemClock, TenantId};
///
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// let event = |tenant| AuditEvent::new(tenant, AuditAction::DATA_READ, SystemClock.now());
///
/// let first = ChainHead::genesis(harbor).link(event(harbor))?;
/// let second = first.head().link(event(harbor))?;
/// assert!(second.head().link(event(summit)).is_err());
///
/// let mut verifier = ChainVerifier::new(harbor);
/// verifier.follow(&first).unwrap();
/// verifier.follow(&second).unwrap();
/// assert_eq!(verifier.finish().unwrap(), second.head());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    tenant: TenantId,
    sequence: u64,
    hash: AuditHash,
}

/// An event at its place in its tenant's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEvent {
    sequence: u64,
    previous: AuditHash,
    hash: AuditHash,
    event: AuditEvent,
}

impl ChainHead {
    /// Returns the head of a chain without entries.
    pub fn genesis(tenant: TenantId) -> Self {
        Self::new(tenant, 0, AuditHash::of(GENESIS, &[tenant.uuid().as_bytes()]))
    }

    /// Takes a head that was kept.
    pub const fn new(tenant: TenantId, sequence: u64, hash: AuditHash) -> Self {
        Self { tenant, sequence, hash }
    }

    /// Puts an event behind it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignTenant`] for an event of another tenant.
    pub fn link(&self, event: AuditEvent) -> Result<ChainedEvent, Error> {
        if event.tenant() != self.tenant {
            return Err(Error::new(
                ErrorKind::ForeignTenant,
                "add an audit event: it belongs to another chain",
            ));
        }
        let sequence = self.sequence.saturating_add(1);
        let hash = hash(self.tenant, sequence, self.hash, &event);
        Ok(ChainedEvent { sequence, previous: self.hash, hash, event })
    }

    /// Returns whose chain it is.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns the number of the newest entry: the first is 1, without one it is 0.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Returns the hash of the newest entry.
    pub const fn hash(&self) -> AuditHash {
        self.hash
    }
}

impl ChainedEvent {
    /// Takes an entry as it was stored. Nothing is checked here:
    /// [`ChainVerifier`](super::ChainVerifier) does that.
    pub const fn from_parts(
        sequence: u64,
        previous: AuditHash,
        hash: AuditHash,
        event: AuditEvent,
    ) -> Self {
        Self { sequence, previous, hash, event }
    }

    /// Returns its number: the first of a tenant is 1.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Returns the hash of the entry before it.
    pub const fn previous(&self) -> AuditHash {
        self.previous
    }

    /// Returns its hash: over the tenant, the number, the hash before it and the whole event.
    pub const fn hash(&self) -> AuditHash {
        self.hash
    }

    /// Returns the event.
    pub const fn event(&self) -> &AuditEvent {
        &self.event
    }

    /// Returns the head of a chain that ends here.
    pub const fn head(&self) -> ChainHead {
        ChainHead { tenant: self.event.tenant(), sequence: self.sequence, hash: self.hash }
    }

    /// Tells whether its hash is that of its contents.
    pub(super) fn is_as_hashed(&self) -> bool {
        hash(self.event.tenant(), self.sequence, self.previous, &self.event) == self.hash
    }
}

fn hash(tenant: TenantId, sequence: u64, previous: AuditHash, event: &AuditEvent) -> AuditHash {
    let event = canonical::encode(event);
    let (tenant, sequence) = (tenant.uuid(), sequence.to_be_bytes());
    AuditHash::of(ENTRY, &[tenant.as_bytes(), &sequence, previous.as_bytes(), &event])
}
