use http::StatusCode;
use sha2::{Digest as _, Sha256};
use tenancy_core::{Actor, Error, ErrorKind, TenantId};
use tenancy_sqlx::{TenantEntity, TenantTx, TenantValue};
use time::OffsetDateTime;

use super::{Answer, Fingerprint, Idempotency};

/// What was answered to the first request with a key. It is written with what it answers for, or
/// before it and completed with its outcome.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "idempotency_records")]
pub(crate) struct Replay {
    #[tenant(key)]
    id: ReplayId,
    tenant_id: TenantId,
    actor: String,
    idempotency_key: String,
    fingerprint: Vec<u8>,
    /// No value while the first request is still at work.
    status: Option<i64>,
    body: Option<Vec<u8>>,
    created_at: OffsetDateTime,
}

/// A digest of the actor and the key, within the tenant.
#[derive(Debug, Clone, PartialEq, Eq, TenantValue)]
pub(crate) struct ReplayId(Vec<u8>);

impl Replay {
    /// A request that is answered.
    pub(crate) fn answered(
        tenant_id: TenantId,
        idempotency: &Idempotency,
        fingerprint: Fingerprint,
        answer: &Answer,
        created_at: OffsetDateTime,
    ) -> Self {
        Self {
            status: Some(answer.status.as_u16().into()),
            body: Some(answer.body.clone()),
            ..Self::running(tenant_id, idempotency, fingerprint, created_at)
        }
    }

    /// A request that is at work.
    pub(super) fn running(
        tenant_id: TenantId,
        idempotency: &Idempotency,
        fingerprint: Fingerprint,
        created_at: OffsetDateTime,
    ) -> Self {
        Self {
            id: Self::id(idempotency),
            tenant_id,
            actor: name_of(&idempotency.actor),
            idempotency_key: idempotency.key.clone(),
            fingerprint: fingerprint.as_bytes().to_vec(),
            status: None,
            body: None,
            created_at,
        }
    }

    /// Answers a request that was at work. The first answer stays.
    pub(crate) async fn complete(
        tx: &mut TenantTx,
        id: ReplayId,
        answer: &Answer,
    ) -> Result<(), Error> {
        tx.sql(
            "UPDATE idempotency_records SET status = $2, body = $3
             WHERE id = $1 AND status IS NULL",
        )
        .bind(id)
        .bind(i64::from(answer.status.as_u16()))
        .bind(answer.body.clone())
        .execute()
        .await
        .map(drop)
    }

    pub(super) fn id(Idempotency { actor, key }: &Idempotency) -> ReplayId {
        // A visible key holds no zero: where it ends and the actor begins is never in doubt.
        let digest = Sha256::new().chain_update(key).chain_update([0]).chain_update(name_of(actor));
        ReplayId(digest.finalize().to_vec())
    }

    pub(super) fn is_of(&self, fingerprint: Fingerprint) -> bool {
        self.fingerprint == fingerprint.as_bytes()
    }

    /// Returns the answer; `None` while the request is at work.
    pub(super) fn into_answer(self) -> Result<Option<Answer>, Error> {
        let (Some(status), Some(body)) = (self.status, self.body) else { return Ok(None) };
        let status = u16::try_from(status).ok().and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "read a stored answer: its status is out of range")
        })?;
        Ok(Some(Answer { status, body, replayed: true }))
    }
}

fn name_of(actor: &Actor) -> String {
    format!("{}:{}", actor.kind().as_str(), actor.id())
}

#[cfg(test)]
mod tests {
    use tenancy_core::ActorKind;

    use super::*;

    #[test]
    fn each_actor_has_keys_of_its_own() {
        let of = |kind, id: &str, key: &str| {
            Replay::id(&Idempotency { actor: Actor::new(kind, id), key: key.to_owned() })
        };
        let first = of(ActorKind::ApiKey, "one", "k");
        assert_eq!(first, of(ActorKind::ApiKey, "one", "k"));
        for other in [
            of(ActorKind::ApiKey, "two", "k"),
            of(ActorKind::User, "one", "k"),
            of(ActorKind::ApiKey, "one", "k2"),
            of(ActorKind::ApiKey, "onek", ""),
        ] {
            assert_ne!(first, other);
        }
    }
}
