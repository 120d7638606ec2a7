use super::Report;

/// What an event of a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// What has become of a request of ours: of an attempt, a capture or a refund, by its id.
    Request { request_id: String, report: Report },
    /// What has become of a refund that was made at the provider, by the provider's names for it
    /// and, if it says so, for the payment.
    Refund { reference: String, payment: Option<String>, report: Report },
}
