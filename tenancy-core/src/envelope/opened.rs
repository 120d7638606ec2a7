use std::fmt;

use time::OffsetDateTime;

use super::Proof;
use super::contents::Contents;
use crate::context::ContextParts;
use crate::{
    Actor, Error, ErrorKind, RequestId, ResolvedVia, TenantContext, TenantDirectory, TenantId,
    TenantKey, TenantStatus, Trust,
};

/// What a good envelope says. Whether the tenant is still served is asked next, with
/// [`for_writing`](Self::for_writing), [`for_reading`](Self::for_reading) or
/// [`for_suspended`](Self::for_suspended).
#[derive(Clone)]
#[must_use = "a job runs in the context that a directory makes of it"]
pub struct Opened {
    tenant_id: TenantId,
    proof: Proof,
    actor: Option<Actor>,
    request_id: Option<RequestId>,
    issued_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    /// Microseconds since the Unix epoch.
    at: i64,
}

impl Opened {
    pub(super) fn of(contents: Contents<'_>, now: i64) -> Result<Self, Error> {
        Ok(Self {
            tenant_id: contents.tenant_id,
            proof: contents.proof,
            request_id: contents.request_id()?,
            actor: contents.actor.map(Actor::from),
            issued_at: time_of(contents.issued_at)?,
            expires_at: time_of(contents.expires_at)?,
            at: now,
        })
    }

    /// Returns the tenant's id.
    pub const fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// Returns how far the tenant is believed.
    pub const fn trust(&self) -> Trust {
        self.proof.trust()
    }

    /// Returns who acts.
    pub const fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }

    /// Returns the id of the request in which it was sealed.
    pub const fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// Returns when it was sealed.
    pub const fn issued_at(&self) -> OffsetDateTime {
        self.issued_at
    }

    /// Returns from when on it is refused, give or take how far clocks differ.
    pub const fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }

    /// Makes the context of work that may change something.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantUnknown`] when the tenant is gone;
    /// [`ErrorKind::TenantSuspended`], [`ErrorKind::TenantReadOnly`] or
    /// [`ErrorKind::TenantProvisioning`] by its status; and the directory's
    /// [`ErrorKind::Unavailable`]. A job may be tried again later, as long as its envelope lives.
    pub async fn for_writing(
        self,
        directory: &(impl TenantDirectory + ?Sized),
    ) -> Result<TenantContext, Error> {
        self.admitted(directory, |status| status.admit(true)).await
    }

    /// Makes the context of work that only reads, which a read-only tenant takes too.
    ///
    /// # Errors
    ///
    /// As [`for_writing`](Self::for_writing).
    pub async fn for_reading(
        self,
        directory: &(impl TenantDirectory + ?Sized),
    ) -> Result<TenantContext, Error> {
        self.admitted(directory, |status| status.admit(false)).await
    }

    /// Makes the context of work that is done for a suspended tenant too, such as writing down
    /// what a provider says has become of its money.
    ///
    /// # Errors
    ///
    /// As [`for_writing`](Self::for_writing), but for [`ErrorKind::TenantSuspended`].
    pub async fn for_suspended(
        self,
        directory: &(impl TenantDirectory + ?Sized),
    ) -> Result<TenantContext, Error> {
        let admit = |status| match status {
            TenantStatus::Suspended => Ok(()),
            other => other.admit(true),
        };
        self.admitted(directory, admit).await
    }

    async fn admitted(
        self,
        directory: &(impl TenantDirectory + ?Sized),
        admit: impl FnOnce(TenantStatus) -> Result<(), Error> + Send,
    ) -> Result<TenantContext, Error> {
        let entry = directory.find(&TenantKey::Id(self.tenant_id)).await?;
        let tenant = entry.map(|entry| entry.tenant).ok_or_else(|| {
            Error::new(ErrorKind::TenantUnknown, "open an envelope: its tenant is not there")
        })?;
        if tenant.id() != self.tenant_id {
            let message = "open an envelope: the directory found another tenant";
            return Err(Error::new(ErrorKind::ForeignTenant, message));
        }
        admit(tenant.status())?;
        Ok(TenantContext::of(ContextParts {
            tenant,
            resolved_via: ResolvedVia::Envelope,
            resolved_at: self.at,
            trust: self.trust(),
            actor: self.actor,
            client_addr: None,
            request_id: self.request_id,
        }))
    }
}

fn time_of(micros: i64) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|source| {
        Error::new(ErrorKind::CredentialInvalid, "the envelope's times are odd").with_source(source)
    })
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("tenant_id", &self.tenant_id)
            .field("actor", &self.actor)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
