/// What becomes of what was used when the policy of a limit changes.
///
/// A [`SlidingLog`](super::SlidingLog) counts its hits, and [`Concurrency`](super::Concurrency)
/// its permits, whatever the policy was: for them every change is [`AsIs`](Self::AsIs). A limit
/// that changes its shape starts empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Change {
    /// What was used stays used: 30 of 40 become 30 of 100.
    #[default]
    AsIs,
    /// The used part stays: 30 of 40 become 75 of 100. It rounds up.
    Proportional,
    /// Everything is available again.
    Reset,
}
