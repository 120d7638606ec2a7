//! The API keys of tenants.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _, Value};
use tenancy_core::{ApiKey, ApiKeyHash, ApiKeySecret, Error, ErrorKind, TenantId, TenantKey};
use time::OffsetDateTime;

use super::changes;
use super::sql_directory::{SqlDirectory, to_json};
use crate::backend::{Access, Connection};

impl SqlDirectory {
    /// Adds an API key; only its hash is stored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when the key, or its id within the tenant, is there already, or
    /// when the tenant is not.
    pub async fn insert_api_key(&self, secret: &ApiKeySecret, key: &ApiKey) -> Result<(), Error> {
        let (sql, values) = insert_api_key(secret, key)?;
        let keys = [TenantKey::ApiKeyHash(secret.hash())];
        self.change("add an API key", key.tenant(), &keys, sql, values).await.map(drop)
    }

    /// Adds an API key in place of an older one, which ends at `overlap_until`, or when it was to
    /// end anyway if that is sooner. Until then both are good.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the tenant has no such key that is not revoked; and as
    /// [`insert_api_key`](Self::insert_api_key). Then nothing has changed.
    pub async fn rotate_api_key(
        &self,
        old: &str,
        secret: &ApiKeySecret,
        key: &ApiKey,
        overlap_until: OffsetDateTime,
    ) -> Result<(), Error> {
        const DOING: &str = "rotate an API key";
        let mut connection = self.db().begin_shared(Access::ReadWrite).await?;
        changes::next_revision(&mut connection).await?;
        let hash = api_key_hash(&mut connection, key.tenant(), old).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "rotate an API key: there is no such key")
        })?;
        let sql = "UPDATE tenancy_api_keys SET expires_at = $3
                   WHERE tenant_id = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > $3)";
        let values = vec![key.tenant().to_value(), old.to_value(), overlap_until.to_value()];
        connection.execute(DOING, sql.into_sql_str(), values).await?;
        let (sql, values) = insert_api_key(secret, key)?;
        connection.execute(DOING, sql.into_sql_str(), values).await?;
        let keys = [hash, secret.hash()].map(TenantKey::ApiKeyHash);
        let change = changes::record(&mut connection, key.tenant(), &keys).await?;
        connection.commit().await?;
        self.publish(&change).await;
        Ok(())
    }

    /// Revokes an API key. Tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn revoke_api_key(&self, tenant: TenantId, id: &str) -> Result<bool, Error> {
        const DOING: &str = "revoke an API key";
        let mut connection = self.db().begin_shared(Access::ReadWrite).await?;
        changes::next_revision(&mut connection).await?;
        let Some(hash) = api_key_hash(&mut connection, tenant, id).await? else {
            return Ok(false);
        };
        let sql = "UPDATE tenancy_api_keys SET revoked = $3 WHERE tenant_id = $1 AND id = $2";
        let values = vec![tenant.to_value(), id.to_value(), true.to_value()];
        connection.execute(DOING, sql.into_sql_str(), values).await?;
        let keys = [TenantKey::ApiKeyHash(hash)];
        let change = changes::record(&mut connection, tenant, &keys).await?;
        connection.commit().await?;
        self.publish(&change).await;
        Ok(true)
    }
}

fn insert_api_key(
    secret: &ApiKeySecret,
    key: &ApiKey,
) -> Result<(&'static str, Vec<Value>), Error> {
    let sql = "INSERT INTO tenancy_api_keys (hash, id, tenant_id, expires_at, scopes, networks)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        secret.hash().as_bytes().to_vec().to_value(),
        key.id().to_value(),
        key.tenant().to_value(),
        key.expires_at().to_value(),
        key.scopes().map(|scopes| to_json(scopes.as_ref())).transpose()?.to_value(),
        to_json(&key.networks().collect::<Vec<_>>())?.to_value(),
    ];
    Ok((sql, values))
}

/// Finds a key that is not revoked.
async fn api_key_hash(
    connection: &mut Connection,
    tenant: TenantId,
    id: &str,
) -> Result<Option<ApiKeyHash>, Error> {
    let sql = "SELECT hash FROM tenancy_api_keys
               WHERE tenant_id = $1 AND id = $2 AND revoked = $3";
    let values = vec![tenant.to_value(), id.to_value(), false.to_value()];
    let read = |row: &mut dyn Row| Vec::<u8>::from_value(row.take(0, Kind::Bytes)?);
    let found = connection.fetch("find an API key", sql.into_sql_str(), values, read).await?;
    let Some(hash) = found.into_iter().next() else { return Ok(None) };
    let hash = <[u8; 32]>::try_from(hash)
        .map_err(|_| Error::new(ErrorKind::Internal, "find an API key: its hash is malformed"))?;
    Ok(Some(ApiKeyHash::from_bytes(hash)))
}
