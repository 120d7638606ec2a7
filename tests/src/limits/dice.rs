//! Chance that can be repeated: the same seed, the same trial.

pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    // SplitMix64, by Steele, Lea and Flood.
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    pub(crate) const fn number(&mut self) -> u64 {
        self.next()
    }

    /// One of `0..=most`.
    pub(crate) fn up_to(&mut self, most: u32) -> u32 {
        u32::try_from(self.next() % (u64::from(most) + 1)).expect("it is at most `most`")
    }

    /// True that often in 10,000.
    pub(crate) fn chance(&mut self, often: u32) -> bool {
        self.up_to(9_999) < often
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let last = u32::try_from(choices.len() - 1).expect("a few");
        choices[self.up_to(last) as usize]
    }
}
