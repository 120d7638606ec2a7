use tenancy_core::{ApiKeySecret, Error, ErrorKind, Problem, TenantId};
use time::{Duration, OffsetDateTime};

use super::api_key::{ApiKeyRecord, IssuedView};
use crate::app::App;
use crate::ids::{ApiKeyId, missing};

/// Makes a key. First what lists it: a key that nobody sees could not be revoked.
pub(super) async fn issue(app: &App, record: ApiKeyRecord) -> Result<IssuedView, Problem> {
    let (secret, record) = draw(record)?;
    let mut tx = app.db().tenant(record.tenant_id);
    let record = tx.repo::<ApiKeyRecord>().insert(record).await?;
    tx.commit().await?;
    app.people().directory.insert_api_key(&secret, &record.in_directory()?).await?;
    Ok(IssuedView { secret: secret.reveal().to_owned(), key: record.into() })
}

/// Replaces a key: the old one is good until `until`, and no longer than it was.
pub(super) async fn rotate(
    app: &App,
    old: ApiKeyRecord,
    until: OffsetDateTime,
) -> Result<IssuedView, Problem> {
    let now = app.now();
    let ends = old.expires_at.map_or(until, |end| end.min(until));
    let new = ApiKeyRecord { id: ApiKeyId::generate(), created_at: now, version: 1, ..old.clone() };
    let (secret, new) = draw(new)?;
    let mut tx = app.db().tenant(old.tenant_id);
    let new = tx.repo::<ApiKeyRecord>().insert(new).await?;
    let old_id = old.id.to_string();
    let old = ApiKeyRecord { expires_at: Some(ends), replaced_by: Some(new.id), ..old };
    // Of two who replace it at the same time the second finds another version.
    tx.repo::<ApiKeyRecord>().update(old).await?;
    tx.commit().await?;
    let key = new.in_directory()?;
    app.people().directory.rotate_api_key(&old_id, &secret, &key, ends).await?;
    Ok(IssuedView { secret: secret.reveal().to_owned(), key: new.into() })
}

/// Revokes a key: first for all callers, then in the list.
pub(super) async fn revoke(
    app: &App,
    tenant: TenantId,
    id: ApiKeyId,
) -> Result<ApiKeyRecord, Problem> {
    let found = app.db().read_latest(tenant).repo::<ApiKeyRecord>().get(&id).await?;
    let mut record = found.ok_or_else(missing)?;
    app.people().directory.revoke_api_key(tenant, &id.to_string()).await?;
    if record.revoked_at.is_some() {
        return Ok(record);
    }
    record.revoked_at = Some(app.now());
    let mut tx = app.db().tenant(tenant);
    let record = tx.repo::<ApiKeyRecord>().update(record).await?;
    tx.commit().await?;
    Ok(record)
}

/// How long an old key may stay good beside its successor.
pub(super) const LONGEST_OVERLAP: Duration = Duration::days(7);

fn draw(record: ApiKeyRecord) -> Result<(ApiKeySecret, ApiKeyRecord), Error> {
    let secret = ApiKeySecret::generate(record.mode.prefix())?;
    let text = secret.reveal();
    let hint = text
        .get(text.len() - 4..)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "make a key: it has no last characters"))?;
    let hint = hint.to_owned();
    Ok((secret, ApiKeyRecord { hint, ..record }))
}
