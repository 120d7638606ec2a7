use async_trait::async_trait;

use super::{
    AuditQuery, AuditSink, ChainBreak, ChainFault, ChainHead, ChainVerdict, ChainVerifier,
    ChainedEvent,
};
use crate::{Error, TenantId};

/// A sink that keeps events in a chain for each tenant, and finds them again.
#[async_trait]
pub trait AuditLog: AuditSink {
    /// Finds events of one tenant, the oldest first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer;
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) when it holds what cannot be read, which
    /// [`verify`](Self::verify) places.
    async fn find(&self, tenant: TenantId, query: &AuditQuery) -> Result<Vec<ChainedEvent>, Error>;

    /// Returns where the chain of a tenant stands.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    async fn head(&self, tenant: TenantId) -> Result<ChainHead, Error>;

    /// Returns at most `limit` entries behind a number, the oldest first, as they are stored. An
    /// entry that cannot be read is its break.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn entries(
        &self,
        tenant: TenantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Result<ChainedEvent, ChainBreak>>, Error>;

    /// Checks the chain of a tenant from its first entry, reading it in pages.
    ///
    /// `kept` is a head that was kept elsewhere: without one, a writer of the store who removes
    /// the newest entries and their head, or computes the whole chain anew, is not seen.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn verify(
        &self,
        tenant: TenantId,
        kept: Option<&ChainHead>,
    ) -> Result<ChainVerdict, Error> {
        let mut verifier = ChainVerifier::new(tenant);
        if let Some(kept) = kept {
            verifier = verifier.expecting(*kept);
        }
        let head = loop {
            if let Some(broken) = follow_all(self, tenant, &mut verifier).await? {
                return Ok(ChainVerdict::Broken(broken));
            }
            let head = self.head(tenant).await?;
            if head.sequence() <= verifier.head().sequence() {
                break head;
            }
            // Entries came meanwhile, or those that the head speaks of are gone.
            let before = verifier.head();
            if let Some(broken) = follow_all(self, tenant, &mut verifier).await? {
                return Ok(ChainVerdict::Broken(broken));
            }
            if verifier.head() == before {
                let sequence = before.sequence() + 1;
                let fault = ChainFault::Truncated;
                return Ok(ChainVerdict::Broken(ChainBreak { sequence, fault }));
            }
        };
        let found = verifier.head();
        Ok(match verifier.finish() {
            Err(broken) => ChainVerdict::Broken(broken),
            Ok(_) if head != found => ChainVerdict::Broken(ChainBreak {
                sequence: head.sequence().max(1),
                fault: ChainFault::Replaced,
            }),
            Ok(found) => ChainVerdict::Whole(found),
        })
    }
}

/// How many entries a check reads at once.
const PAGE: u32 = 500;

/// Reads and checks until there are no more entries.
async fn follow_all<L: AuditLog + ?Sized>(
    log: &L,
    tenant: TenantId,
    verifier: &mut ChainVerifier,
) -> Result<Option<ChainBreak>, Error> {
    loop {
        let page = log.entries(tenant, verifier.head().sequence(), PAGE).await?;
        if page.is_empty() {
            return Ok(None);
        }
        for entry in page {
            if let Err(broken) = entry.and_then(|entry| verifier.follow(&entry)) {
                return Ok(Some(broken));
            }
        }
    }
}
