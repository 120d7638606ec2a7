use time::OffsetDateTime;

/// From when until when, in nanoseconds since 1970: the beginning belongs to it, the end does
/// not.
///
/// Numbers, because decisions compare them often and times know their offset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validity {
    from: i128,
    until: i128,
}

impl Validity {
    pub(super) fn new(from: Option<OffsetDateTime>, until: Option<OffsetDateTime>) -> Self {
        let nanos = OffsetDateTime::unix_timestamp_nanos;
        Self { from: from.map_or(i128::MIN, nanos), until: until.map_or(i128::MAX, nanos) }
    }

    pub(super) const fn holds(self, now: i128) -> bool {
        self.from <= now && now < self.until
    }

    /// Tells whether it holds as long as another does.
    pub(super) const fn outlasts(self, other: Self) -> bool {
        self.from <= other.from && other.until <= self.until
    }

    /// Tells whether there is a time at which both hold.
    pub(super) const fn meets(self, other: Self) -> bool {
        let from = if self.from > other.from { self.from } else { other.from };
        let until = if self.until < other.until { self.until } else { other.until };
        from < until
    }
}
