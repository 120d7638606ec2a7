use std::time::Duration;

/// What a step reads: where a limit stands, and whether it would admit a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// How much is left.
    pub remaining: u32,
    /// How long until more is left; zero when nothing is used.
    pub more_after: Duration,
    /// How long until everything is left; zero when nothing is used.
    pub reset_after: Duration,
    /// Why the cost is refused; `None` when it is admitted.
    pub refusal: Option<Refusal>,
}

/// Why a cost is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too little is left now; after this long it will be enough, if nobody else takes it.
    Wait(Duration),
    /// The cost is above the limit itself.
    Never,
}

/// A length; what lies in the past is none.
pub(super) fn micros(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
