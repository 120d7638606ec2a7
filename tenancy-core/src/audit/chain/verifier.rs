use super::{ChainBreak, ChainFault, ChainHead, ChainedEvent};
use crate::TenantId;

/// Checks a chain entry by entry, from its first one.
///
/// It sees what was changed, removed, exchanged, put in or taken from another tenant. What was
/// removed at the end it sees only with a head that was [kept](Self::expecting); so it does, too,
/// when somebody who may write to the store computed the whole chain anew.
#[derive(Debug, Clone)]
pub struct ChainVerifier {
    head: ChainHead,
    kept: Option<ChainHead>,
}

impl ChainVerifier {
    /// Starts before the first entry of a tenant.
    pub fn new(tenant: TenantId) -> Self {
        Self { head: ChainHead::genesis(tenant), kept: None }
    }

    /// Requires that the chain leads through this head.
    pub const fn expecting(mut self, kept: ChainHead) -> Self {
        self.kept = Some(kept);
        self
    }

    /// Returns the last entry that was good.
    pub const fn head(&self) -> ChainHead {
        self.head
    }

    /// Checks the next entry.
    ///
    /// # Errors
    ///
    /// Where the chain breaks; nothing behind it is worth checking.
    pub fn follow(&mut self, entry: &ChainedEvent) -> Result<(), ChainBreak> {
        let due = self.head.sequence() + 1;
        let fault = if entry.event().tenant() != self.head.tenant() {
            Some(ChainFault::Foreign)
        } else if entry.sequence() > due {
            Some(ChainFault::Missing)
        } else if entry.sequence() < due {
            Some(ChainFault::Misplaced)
        } else if !entry.is_as_hashed() {
            Some(ChainFault::Altered)
        } else if entry.previous() != self.head.hash() {
            Some(ChainFault::Unlinked)
        } else {
            let kept = self.kept.filter(|kept| kept.sequence() == due);
            kept.filter(|kept| *kept != entry.head()).map(|_| ChainFault::Replaced)
        };
        if let Some(fault) = fault {
            return Err(ChainBreak { sequence: due, fault });
        }
        self.head = entry.head();
        Ok(())
    }

    /// Ends the check: the chain has no more entries.
    ///
    /// # Errors
    ///
    /// When entries are missing that were there when a head was kept.
    pub fn finish(self) -> Result<ChainHead, ChainBreak> {
        let Some(kept) = self.kept else { return Ok(self.head) };
        let sequence = self.head.sequence() + 1;
        if kept.tenant() != self.head.tenant() {
            return Err(ChainBreak { sequence, fault: ChainFault::Foreign });
        }
        if kept.sequence() > self.head.sequence() {
            return Err(ChainBreak { sequence, fault: ChainFault::Truncated });
        }
        Ok(self.head)
    }
}
