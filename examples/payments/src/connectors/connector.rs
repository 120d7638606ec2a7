use async_trait::async_trait;
use time::Duration;

use crate::money::{Amount, Currency};

/// A payment provider.
///
/// Each request carries an id of ours. A provider does the work of one id once, however often it
/// is asked, and tells later what has become of it: so an answer that was lost is asked for again,
/// and never guessed.
#[async_trait]
pub(crate) trait Connector: Send + Sync {
    /// Returns its name, which stands with each attempt.
    fn name(&self) -> &'static str;

    /// Reserves the payer's money; with `capture`, takes it at once.
    async fn authorize(
        &self,
        order: &Order<'_>,
        payment_method: &str,
        capture: bool,
    ) -> Result<Report, CallError>;

    /// Takes money that was reserved under the provider's `reference`.
    async fn capture(&self, order: &Order<'_>, reference: &str) -> Result<Report, CallError>;

    /// Gives money back that was taken under the provider's `reference`.
    async fn refund(&self, order: &Order<'_>, reference: &str) -> Result<Report, CallError>;

    /// Frees what is still reserved under the provider's `reference`. Twice is once.
    async fn void(&self, reference: &str) -> Result<(), CallError>;

    /// Tells what has become of a request; `None` when it has never arrived.
    async fn find(&self, question: &Question<'_>) -> Result<Option<Report>, CallError>;

    /// Makes a call that changes nothing, to see whether the provider is there and knows the key.
    async fn ping(&self) -> Result<(), CallError>;

    /// Returns how long after a request its never having arrived means something: until then it
    /// may be on its way, or not be found yet.
    fn settles_within(&self) -> Duration {
        Duration::minutes(1)
    }
}

/// Returns how long a connector's provider keeps a payer's money reserved, unless it is captured.
pub(crate) fn holds_for(connector: &str) -> Duration {
    match connector {
        "paynova" => Duration::days(5),
        _ => Duration::days(7),
    }
}

/// A request whose outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question<'a> {
    /// Was the payer's money reserved, or taken?
    Authorization { request_id: &'a str },
    /// Was a part of what is reserved under this reference taken?
    Capture { request_id: &'a str, reference: &'a str },
    /// Was a part of what was taken under this reference given back?
    Refund { request_id: &'a str, reference: &'a str },
}

impl Question<'_> {
    /// Returns the id of the request.
    pub(crate) const fn request_id(&self) -> &str {
        match self {
            Self::Authorization { request_id }
            | Self::Capture { request_id, .. }
            | Self::Refund { request_id, .. } => request_id,
        }
    }
}

/// What a provider is asked to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    /// Names the request, for good.
    pub(crate) request_id: &'a str,
    pub(crate) amount: Amount,
    pub(crate) currency: Currency,
}

/// What a provider says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// The provider's own name for it, if it has ever heard of it.
    pub(crate) reference: Option<String>,
    pub(crate) amount: Amount,
    pub(crate) currency: Currency,
    pub(crate) standing: Standing,
}

/// How far a provider has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has the request and will say later.
    Pending,
    /// Done.
    Succeeded,
    /// Refused, and why: `insufficient_funds`.
    Declined(String),
}

/// A provider that did not say what became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallError {
    /// The request never left, or was turned away unread: nothing was done.
    NotSent(Option<u16>),
    /// It may have been done or not.
    Unknown(Option<u16>),
    /// The provider does not serve the connection: its key is wrong, or may not do this. Nothing
    /// was done.
    Refused(u16),
}

impl CallError {
    /// Tells whether the request may have been done.
    pub(crate) const fn may_have_been_done(self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Returns the status of HTTP, if there was an answer.
    pub(crate) const fn status(self) -> Option<u16> {
        match self {
            Self::NotSent(status) | Self::Unknown(status) => status,
            Self::Refused(status) => Some(status),
        }
    }
}
