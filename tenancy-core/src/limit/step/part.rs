use std::num::NonZeroU32;

/// What `of` becomes when `old` becomes `new`: the same part, rounded up.
pub(super) fn part(of: i64, new: NonZeroU32, old: NonZeroU32) -> i64 {
    let product = i128::from(of.min(MOST)) * i128::from(new.get());
    let old = i128::from(old.get());
    let part = product / old + i128::from(product % old > 0);
    i64::try_from(part).unwrap_or(i64::MAX).min(MOST)
}

/// What a script can multiply exactly.
const MOST: i64 = u32::MAX as i64;
