use super::Holder;

/// What a holder asks of the book of a limit: it settles the lease it has, and takes more.
///
/// It says all that the holder still has: what it had and does not name here is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Who asks.
    pub holder: Holder,
    /// The number of the request. It grows with each; a book ignores what is not new.
    pub number: u64,
    /// How many tokens the holder has and goes on using.
    pub keep: u32,
    /// How many tokens it gives back. It does not use them any more.
    pub back: u32,
    /// The fewest tokens of any use to it: below them it takes none.
    pub least: u32,
    /// How many tokens its callers wait for.
    pub need: u32,
    /// How many tokens it would like to take ahead, those that are waited for among them.
    pub want: u32,
}

/// What a book answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseGrant {
    /// How many of the tokens it had the holder may go on using.
    pub kept: u32,
    /// How many tokens it got.
    pub granted: u32,
    /// How many tokens are left for everybody.
    pub free: u32,
    /// When the holder got none: microseconds until there may be what it needs. Else 0.
    pub wait: i64,
}
