//! The sessions at tenants.

use tenancy_core::entity::ToValue as _;
use tenancy_core::{Error, Session, SessionSecret, TenantId, TenantKey};

use super::read::StoredActor;
use super::sql_directory::{SqlDirectory, to_json};

impl SqlDirectory {
    /// Adds a session; only the hash of its cookie is stored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](tenancy_core::ErrorKind::Conflict) when the cookie, or the id within the tenant, is there already, or
    /// when the tenant is not.
    pub async fn insert_session(
        &self,
        secret: &SessionSecret,
        session: &Session,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO tenancy_sessions (hash, id, tenant_id, actor, expires_at)
                   VALUES ($1, $2, $3, $4, $5)";
        let values = vec![
            secret.hash().as_bytes().to_vec().to_value(),
            session.id().to_value(),
            session.tenant().to_value(),
            to_json(&StoredActor::from(session.actor()))?.to_value(),
            session.expires_at().to_value(),
        ];
        let keys = [TenantKey::SessionHash(secret.hash())];
        self.change("add a session", session.tenant(), &keys, sql, values).await.map(drop)
    }

    /// Ends a session: signing out. Tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the database does not answer.
    pub async fn end_session(
        &self,
        tenant: TenantId,
        secret: &SessionSecret,
    ) -> Result<bool, Error> {
        let sql = "DELETE FROM tenancy_sessions WHERE tenant_id = $1 AND hash = $2";
        let values = vec![tenant.to_value(), secret.hash().as_bytes().to_vec().to_value()];
        let keys = [TenantKey::SessionHash(secret.hash())];
        Ok(self.change("end a session", tenant, &keys, sql, values).await? > 0)
    }
}
