use std::fmt;

use super::ChainHead;

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChainFault {
    /// An entry is not there, and later ones are.
    Missing,
    /// An entry comes again, or after a later one.
    Misplaced,
    /// An entry does not go with the one before it: one of them was put in, or exchanged.
    Unlinked,
    /// An entry is not what was hashed.
    Altered,
    /// An entry belongs to another tenant.
    Foreign,
    /// The chain ends before an entry that was there.
    Truncated,
    /// The chain is whole, and another one than the one that was kept.
    Replaced,
}

/// Where a chain breaks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainBreak {
    /// The number of the first entry that cannot be believed.
    pub sequence: u64,
    /// What is wrong with it.
    pub fault: ChainFault,
}

/// What came out of checking a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainVerdict {
    /// Every entry is as it was written, up to this head.
    Whole(ChainHead),
    /// It is not what was written.
    Broken(ChainBreak),
}

impl ChainVerdict {
    /// Tells whether every entry is as it was written.
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// Returns where it breaks.
    pub const fn broken(&self) -> Option<ChainBreak> {
        match self {
            Self::Whole(_) => None,
            Self::Broken(broken) => Some(*broken),
        }
    }
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::Misplaced => "is misplaced",
            Self::Unlinked => "does not go with the one before it",
            Self::Altered => "was altered",
            Self::Foreign => "belongs to another tenant",
            Self::Truncated => "was there and is gone, with all that came later",
            Self::Replaced => "is another one than before",
        })
    }
}

impl fmt::Display for ChainBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "audit entry {} {}", self.sequence, self.fault)
    }
}
