use kit::identity::LinkToken;
use serde_json::json;
use tenancy_core::{Error, TenantId};
use tenancy_sqlx::TenantTx;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{RefreshToken, TokenFamily};
use crate::app::App;
use crate::ids::UserId;
use crate::resolvers::{AUDIENCE, ISSUER};

/// How long an access token is good for.
pub(super) const ACCESS: Duration = Duration::minutes(10);

/// What a program gets: shown once.
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: LinkToken,
    pub(super) refresh_ends_at: OffsetDateTime,
}

/// Begins a family for somebody who has signed in.
pub(super) async fn begin(
    app: &App,
    tenant: TenantId,
    member: UserId,
    password_mark: Vec<u8>,
) -> Result<Pair, Error> {
    let family = TokenFamily::new(tenant, member, password_mark, app.now());
    let mut tx = app.db().tenant(tenant);
    tx.repo::<TokenFamily>().insert(family.clone()).await?;
    let pair = next(app, &mut tx, &family).await?;
    tx.commit().await?;
    Ok(pair)
}

/// Makes the next pair of a family.
pub(super) async fn next(
    app: &App,
    tx: &mut TenantTx,
    family: &TokenFamily,
) -> Result<Pair, Error> {
    let refresh = LinkToken::generate()?;
    let kept = RefreshToken {
        id: (&refresh).into(),
        tenant_id: family.tenant_id,
        family_id: family.id,
        member_id: family.member_id,
        used_at: None,
        version: 1,
    };
    tx.repo::<RefreshToken>().insert(kept).await?;
    let now = app.now().unix_timestamp();
    let claims = json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": family.member_id.to_string(),
        "tenant_id": family.tenant_id.to_string(),
        "iat": now,
        "nbf": now,
        "exp": now + ACCESS.whole_seconds(),
        "jti": Uuid::now_v7().to_string(),
    });
    let access = app.tokens().sign(&claims)?;
    Ok(Pair { access, refresh, refresh_ends_at: family.ends_at })
}
