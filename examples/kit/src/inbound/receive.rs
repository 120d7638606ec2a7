use std::net::IpAddr;

use http::HeaderMap;
use serde::Serialize;
use tenancy_core::{Error, ErrorKind, Problem, TenantContext, TenantId};
use tenancy_sqlx::TenantDb;
use utoipa::ToSchema;

use super::networks::Networks;
use super::said::{Said, said};
use super::{Inbound, InboundEvent, Source, SourceId};
use crate::ids::missing;

/// A request that claims to be a source's, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, byte by byte: it is what was signed.
    pub body: &'a [u8],
    /// Where it came from, as far as that is known.
    pub from: Option<IpAddr>,
}

/// What a source has said: its signature was good.
#[derive(Debug)]
#[must_use = "what is not kept is lost: the source has been told that it was taken"]
pub struct Verified {
    tenant: TenantId,
    source: SourceId,
    said: Vec<Said>,
}

/// What was taken of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InboundReceived)]
pub struct Received {
    /// Events that are new.
    accepted: usize,
    /// Events that had come before.
    duplicates: usize,
}

impl Inbound {
    /// Verifies a request of a source over its raw body, and reads its events.
    ///
    /// # Errors
    ///
    /// 404 for a source that the tenant does not have, or does not listen to; 403
    /// `address_not_allowed`; 400 `signature_missing`, `signature_invalid` or
    /// `timestamp_not_tolerated`; 422 `events_malformed`.
    pub async fn verify(
        &self,
        db: &TenantDb,
        tenant: TenantId,
        id: SourceId,
        sent: Sent<'_>,
    ) -> Result<Verified, Problem> {
        let source = db.read(tenant).repo::<Source>().get(&id).await?;
        let source = source.filter(|source| source.enabled).ok_or_else(missing)?;
        if !Networks::stored(&source.networks)?.admit(sent.from) {
            return Err(Problem::new(403, "address_not_allowed", "The address is not allowed"));
        }
        let secret = self.secret(tenant, &source)?;
        let signed = source.scheme.verify(sent.headers, sent.body, &secret, self.clock.now())?;
        Ok(Verified { tenant, source: id, said: said(sent.body, signed)? })
    }

    /// Keeps the events of a request, each id of a source once, and has them applied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignTenant`] when the context is another tenant's, and the database's.
    ///
    /// # Cancel safety
    ///
    /// When dropped, all of them are in or none.
    pub async fn keep(
        &self,
        db: &TenantDb,
        context: &TenantContext,
        verified: &Verified,
    ) -> Result<Received, Error> {
        if context.tenant_id() != verified.tenant {
            let message = "keep events: their context is another tenant's";
            return Err(Error::new(ErrorKind::ForeignTenant, message));
        }
        // Of two equal requests at once one is refused by the database, and then finds all there.
        match self.keep_once(db, context, verified).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.keep_once(db, context, verified).await
            }
            kept => kept,
        }
    }

    async fn keep_once(
        &self,
        db: &TenantDb,
        context: &TenantContext,
        Verified { source, said, .. }: &Verified,
    ) -> Result<Received, Error> {
        let mut tx = db.tenant(context.tenant_id());
        let mut accepted = 0;
        for one in said {
            let of_id = InboundEvent::EXTERNAL_ID.eq(one.external_id.clone());
            let of_source = InboundEvent::SOURCE_ID.eq(*source);
            if tx.repo::<InboundEvent>().exists(of_source.and(of_id)).await? {
                continue;
            }
            let event = one.event(context.tenant_id(), *source, self.clock.now());
            let event = tx.repo::<InboundEvent>().insert(event).await?;
            self.order(&mut tx, context, event.id).await?;
            accepted += 1;
        }
        tx.commit().await?;
        Ok(Received { accepted, duplicates: said.len() - accepted })
    }
}
