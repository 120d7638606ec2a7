use std::sync::Arc;

use async_trait::async_trait;

use super::{LeaseGrant, LeaseRequest, LeaseTerms};
use crate::limit::{LimitKey, TokenBucket};
use crate::{Error, TenantId};

/// The books of all tenants' limits, in one place that all nodes reach.
#[async_trait]
pub trait LeaseBooks: Send + Sync + 'static {
    /// Asks the books of some limits of one tenant, in one round trip. The answers come in the
    /// order of the requests; `None` for a request that is not new.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when there is no answer. What was
    /// asked may happen still.
    ///
    /// # Cancel safety
    ///
    /// As for an error.
    async fn renew(
        &self,
        tenant: TenantId,
        terms: LeaseTerms,
        asks: &[LeaseAsk],
    ) -> Result<Vec<Option<LeaseGrant>>, Error>;
}

/// A request to the book of one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseAsk {
    /// What is counted.
    pub key: LimitKey,
    /// The bucket.
    pub bucket: TokenBucket,
    /// What is asked.
    pub request: LeaseRequest,
}

#[async_trait]
impl<B: LeaseBooks + ?Sized> LeaseBooks for Arc<B> {
    async fn renew(
        &self,
        tenant: TenantId,
        terms: LeaseTerms,
        asks: &[LeaseAsk],
    ) -> Result<Vec<Option<LeaseGrant>>, Error> {
        (**self).renew(tenant, terms, asks).await
    }
}
