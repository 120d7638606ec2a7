use kit::identity::LinkToken;
use tenancy_core::{Problem, TenantId};

use super::issue::{self, Pair};
use super::{RefreshToken, TokenFamily};
use crate::app::App;
use crate::people::{Account, Halt, Member, MemberState, TokenHash, again};

/// What a refresh token has come to.
enum Outcome {
    Renewed(Pair),
    /// It came a second time.
    Copied,
}

/// Gives the next pair for a refresh token.
///
/// # Errors
///
/// 401 `refresh_refused`, the same for a token that is none, ended or another tenant's, and for one
/// that was used: then all of its family end.
pub(super) async fn refresh(
    app: &App,
    tenant: TenantId,
    token: &LinkToken,
) -> Result<Pair, Problem> {
    let id = TokenHash::from(token);
    match again(|| refresh_once(app, tenant, &id)).await? {
        Outcome::Renewed(pair) => Ok(pair),
        Outcome::Copied => Err(refused()),
    }
}

async fn refresh_once(app: &App, tenant: TenantId, id: &TokenHash) -> Result<Outcome, Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let token = tx.repo::<RefreshToken>().get(id).await?.ok_or_else(refused)?;
    let family = tx.repo::<TokenFamily>().get(&token.family_id).await?;
    let family = family.filter(|family| family.is_good(now)).ok_or_else(refused)?;
    if token.used_at.is_some() {
        tracing::warn!(tenant.id = %tenant, family = %family.id, "a refresh token came twice");
        tx.repo::<TokenFamily>().update(TokenFamily { ended_at: Some(now), ..family }).await?;
        tx.commit().await?;
        return Ok(Outcome::Copied);
    }
    let member = tx.repo::<Member>().get(&family.member_id).await?;
    let member = member.filter(|member| member.state == MemberState::Active);
    let member = member.ok_or_else(refused)?;
    let account = app.db().read_shared().repo::<Account>().get(&member.email).await?;
    let mark = account.and_then(|account| account.password_mark());
    if mark.as_ref() != Some(&family.password_mark) {
        return Err(refused().into());
    }
    tx.repo::<RefreshToken>().update(RefreshToken { used_at: Some(now), ..token }).await?;
    // Whoever ends the family at the same time is first, or comes behind the next token.
    let family = tx.repo::<TokenFamily>().update(family).await?;
    let pair = issue::next(app, &mut tx, &family).await?;
    tx.commit().await?;
    Ok(Outcome::Renewed(pair))
}

/// Ends the family of a refresh token, used or not.
pub(super) async fn revoke(app: &App, tenant: TenantId, token: &LinkToken) -> Result<(), Problem> {
    let id = TokenHash::from(token);
    again(|| async {
        let mut tx = app.db().tenant(tenant);
        let Some(token) = tx.repo::<RefreshToken>().get(&id).await? else { return Ok(()) };
        let family = tx.repo::<TokenFamily>().get(&token.family_id).await?;
        let Some(family) = family.filter(|family| family.ended_at.is_none()) else {
            return Ok(());
        };
        let ended = TokenFamily { ended_at: Some(app.now()), ..family };
        tx.repo::<TokenFamily>().update(ended).await?;
        Ok::<_, Halt>(tx.commit().await?)
    })
    .await
}

pub(super) fn refused() -> Problem {
    Problem::new(401, "refresh_refused", "The refresh token is good no more: sign in again")
}
