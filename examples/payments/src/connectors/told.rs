use super::Report;

/// What an event of a provider says of one of our requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Our request: the id of an attempt, a capture or a refund.
    pub(crate) request_id: String,
    pub(crate) report: Report,
}
