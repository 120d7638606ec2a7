use std::fmt;

use uuid::Uuid;

/// Names a charge, so that it can be given back, or a permit, so that it can be released.
///
/// Make a new one for each call. An id that a client chose would let it give back what others
/// used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChargeId(u128);

impl ChargeId {
    /// Makes a new id.
    pub fn generate() -> Self {
        Self(Uuid::now_v7().as_u128())
    }

    /// Makes an id of its bytes, such as one that a job carries.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Returns its bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Debug for ChargeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChargeId({:032x})", self.0)
    }
}
