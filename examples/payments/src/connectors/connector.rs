use async_trait::async_trait;

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
    async fn find(&self, request_id: &str) -> Result<Option<Report>, CallError>;
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

/// A provider that did not answer: the request may have been done or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallError;
