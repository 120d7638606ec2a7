use std::fmt;

/// Who holds a lease: one node, from its first request about a limit until it has nothing of it.
///
/// It is another one afterwards, so that nobody is taken for who it was before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Holder(u64);

impl Holder {
    /// Makes one that nobody else is.
    ///
    /// # Panics
    ///
    /// When the operating system has no random bytes.
    pub fn generate() -> Self {
        Self(getrandom::u64().expect("the system has random bytes"))
    }

    /// Returns the next one: a node needs chance once, and counts from there.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// Takes a number; for those who store holders, and for simulations.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Holder({self})")
    }
}
