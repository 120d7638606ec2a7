//! What a tenant is entitled to, as values that say where they come from.

use crate::{Allowance, Error, ErrorKind};

/// Who says what a tenant is entitled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntitledBy {
    /// Its plan.
    Plan,
    /// Its own record, whatever the plan says.
    Override,
}

/// Whether a tenant may use a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "an entitlement that nobody looks at refuses nobody"]
pub struct Entitlement {
    granted: bool,
    by: EntitledBy,
}

impl Entitlement {
    pub(super) const fn new(granted: bool, by: EntitledBy) -> Self {
        Self { granted, by }
    }

    /// Tells whether it may.
    pub const fn is_granted(self) -> bool {
        self.granted
    }

    /// Returns who says so.
    pub const fn by(self) -> EntitledBy {
        self.by
    }

    /// Passes only when it may.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FeatureNotInPlan`].
    pub fn require(self) -> Result<(), Error> {
        if self.granted {
            return Ok(());
        }
        Err(Error::new(ErrorKind::FeatureNotInPlan, "use a feature: the plan does not include it"))
    }
}

/// How much of something a tenant may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntitledLimit {
    allowance: Allowance,
    by: EntitledBy,
}

impl EntitledLimit {
    pub(super) const fn new(allowance: Allowance, by: EntitledBy) -> Self {
        Self { allowance, by }
    }

    /// Returns how much.
    pub const fn allowance(self) -> Allowance {
        self.allowance
    }

    /// Returns who says so.
    pub const fn by(self) -> EntitledBy {
        self.by
    }

    /// Tells whether `more` fits beside what there is already.
    ///
    /// Parallel requests can each be told yes: count with a quota where that matters.
    pub const fn admits(self, there: u64, more: u64) -> bool {
        match self.allowance.limit() {
            None => true,
            Some(limit) => match there.checked_add(more) {
                Some(sum) => sum <= limit,
                None => false,
            },
        }
    }
}
