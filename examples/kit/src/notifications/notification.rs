use serde::Serialize;
use serde_json::value::RawValue;
use tenancy_core::{Error, ErrorKind, TenantId};
use tenancy_sqlx::{TenantEntity, TenantTx};
use time::OffsetDateTime;
use utoipa::ToSchema;

crate::prefixed_id! {
    /// Names a notification: `ntf_…`.
    pub NotificationId, "ntf_", "ntf_01k8p0g2v7e9h9qk3x5t7w1zra"
}

/// Something that people of a tenant should know.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "notifications")]
pub struct Notification {
    /// Names it.
    #[tenant(key)]
    pub id: NotificationId,
    /// Whose people.
    pub tenant_id: TenantId,
    /// What has happened, such as `webhook_endpoint.disabled`.
    pub kind: String,
    /// What it is about, as JSON.
    pub data: String,
    /// When it happened.
    pub created_at: OffsetDateTime,
    /// When somebody has seen it.
    pub read_at: Option<OffsetDateTime>,
}

impl Notification {
    /// Writes one down, in the transaction of what it tells of.
    ///
    /// # Errors
    ///
    /// Those of the database; [`ErrorKind::Internal`] when the data is no JSON.
    pub async fn tell(
        tx: &mut TenantTx,
        kind: &str,
        data: &impl Serialize,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let data = serde_json::to_string(data).map_err(|source| {
            Error::new(ErrorKind::Internal, "write a notification as JSON").with_source(source)
        })?;
        let (id, tenant_id, kind) = (NotificationId::generate(), tx.tenant(), kind.to_owned());
        let new = Self { id, tenant_id, kind, data, created_at: now, read_at: None };
        tx.repo::<Self>().insert(new).await.map(drop)
    }
}

/// A notification, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notification)]
pub struct NotificationView {
    id: NotificationId,
    /// What has happened.
    #[schema(example = "webhook_endpoint.disabled")]
    r#type: String,
    /// What it is about.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    read_at: Option<OffsetDateTime>,
}

impl TryFrom<Notification> for NotificationView {
    type Error = Error;

    fn try_from(row: Notification) -> Result<Self, Error> {
        let data = RawValue::from_string(row.data).map_err(|source| {
            Error::new(ErrorKind::Internal, "read a notification: its data is no JSON")
                .with_source(source)
        })?;
        let Notification { id, kind, created_at, read_at, .. } = row;
        Ok(Self { id, r#type: kind, data, created_at, read_at })
    }
}
