use std::sync::Arc;

/// A set of the permissions of one catalogue, by their places in it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PermissionSet(Arc<[u64]>);

impl PermissionSet {
    /// Makes a set of places below `of`.
    pub(super) fn new(of: usize, places: impl IntoIterator<Item = usize>) -> Self {
        let mut words = vec![0; of.div_ceil(64)];
        for place in places {
            words[place / 64] |= 1 << (place % 64);
        }
        Self(words.into())
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| (word >> (place % 64)) & 1 == 1)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&*other.0).map(|(a, b)| a | b).collect())
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&*other.0).map(|(a, b)| a & b).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Returns the places, in order.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|place| self.contains(*place))
    }
}
