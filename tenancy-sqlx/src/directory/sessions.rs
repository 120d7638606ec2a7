//! The sessions at tenants.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _, Value};
use tenancy_core::{
    Actor, Error, ErrorKind, Session, SessionHash, SessionSecret, TenantId, TenantKey,
};
use time::OffsetDateTime;

use super::changes;
use super::read::StoredActor;
use super::sql_directory::{SqlDirectory, to_json};
use crate::backend::{Access, Connection};

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

    /// Ends a session by its id: one of another browser, of which nobody has the cookie. Tells
    /// whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn end_session_by_id(&self, tenant: TenantId, id: &str) -> Result<bool, Error> {
        let sql = "DELETE FROM tenancy_sessions WHERE tenant_id = $1 AND id = $2";
        let values = vec![tenant.to_value(), id.to_value()];
        self.change_session("end a session", tenant, id, sql, values).await
    }

    /// Ends the sessions of an actor at all tenants: of somebody whose password was stolen. Returns
    /// the tenant and the id of each.
    ///
    /// The actor has to be the one that the sessions were opened for, scopes and all. A session
    /// that is opened meanwhile may stay: change what opens sessions first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer. Some may have ended; to call
    /// again ends the rest.
    pub async fn end_sessions_cross_tenant(
        &self,
        actor: &Actor,
    ) -> Result<Vec<(TenantId, String)>, Error> {
        let sql = "SELECT tenant_id, id FROM tenancy_sessions WHERE actor = $1";
        let values = vec![to_json(&StoredActor::from(actor))?.to_value()];
        let read = |row: &mut dyn Row| {
            let tenant = TenantId::from_value(row.take(0, Kind::Uuid)?)?;
            Ok((tenant, String::from_value(row.take(1, Kind::Text)?)?))
        };
        let mut connection = self.db().begin_shared(Access::ReadOnly).await?;
        let found = connection.fetch("find sessions", sql.into_sql_str(), values, read).await?;
        drop(connection);
        let mut ended = Vec::new();
        for (tenant, id) in found {
            if self.end_session_by_id(tenant, &id).await? {
                ended.push((tenant, id));
            }
        }
        Ok(ended)
    }

    /// Changes when a session ends: later as long as somebody is at work. Tells whether there is
    /// such a session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn extend_session(
        &self,
        tenant: TenantId,
        id: &str,
        until: OffsetDateTime,
    ) -> Result<bool, Error> {
        let sql = "UPDATE tenancy_sessions SET expires_at = $3 WHERE tenant_id = $1 AND id = $2";
        let values = vec![tenant.to_value(), id.to_value(), until.to_value()];
        self.change_session("extend a session", tenant, id, sql, values).await
    }

    async fn change_session(
        &self,
        doing: &'static str,
        tenant: TenantId,
        id: &str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<bool, Error> {
        let mut connection = self.db().begin_shared(Access::ReadWrite).await?;
        changes::next_revision(&mut connection).await?;
        let Some(hash) = session_hash(&mut connection, tenant, id).await? else {
            return Ok(false);
        };
        connection.execute(doing, sql.into_sql_str(), values).await?;
        let keys = [TenantKey::SessionHash(hash)];
        let change = changes::record(&mut connection, tenant, &keys).await?;
        connection.commit().await?;
        self.publish(&change).await;
        Ok(true)
    }
}

async fn session_hash(
    connection: &mut Connection,
    tenant: TenantId,
    id: &str,
) -> Result<Option<SessionHash>, Error> {
    let sql = "SELECT hash FROM tenancy_sessions WHERE tenant_id = $1 AND id = $2";
    let values = vec![tenant.to_value(), id.to_value()];
    let read = |row: &mut dyn Row| Vec::<u8>::from_value(row.take(0, Kind::Bytes)?);
    let found = connection.fetch("find a session", sql.into_sql_str(), values, read).await?;
    let Some(hash) = found.into_iter().next() else { return Ok(None) };
    let hash = <[u8; 32]>::try_from(hash)
        .map_err(|_| Error::new(ErrorKind::Internal, "find a session: its hash is malformed"))?;
    Ok(Some(SessionHash::from_bytes(hash)))
}
