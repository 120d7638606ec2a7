use sha2::{Digest as _, Sha256};

/// Numbers that look random and are always the same for the same seed.
pub(super) struct Random {
    seed: String,
    drawn: u64,
}

impl Random {
    pub(super) fn new(seed: impl Into<String>) -> Self {
        Self { seed: seed.into(), drawn: 0 }
    }

    /// Draws bytes.
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let digest = Sha256::digest(format!("{}:{}", self.seed, self.drawn));
        self.drawn += 1;
        std::array::from_fn(|at| digest[at])
    }

    /// Draws a number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        u64::from_be_bytes(self.bytes()) % end
    }

    /// Draws one of several.
    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.below(of.len() as u64);
        &of[usize::try_from(at).expect("it is below a length")]
    }
}
