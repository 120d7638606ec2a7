use kit::identity::LinkToken;
use tenancy_core::{Error, Problem, SessionSecret, TenantId};
use time::OffsetDateTime;

use super::{Challenge, SecondFactor, codes};
use crate::app::App;
use crate::ids::UserId;
use crate::people::{Account, Halt, Member, MemberState, TokenHash, again};
use crate::sign_in::login::open;

/// Tells whether a member is to show a code too.
pub(in crate::sign_in) async fn is_asked_for(
    app: &App,
    tenant: TenantId,
    member: UserId,
) -> Result<bool, Error> {
    let found = app.db().read_latest(tenant).repo::<SecondFactor>().get(&member).await?;
    Ok(found.is_some_and(|factor| factor.is_confirmed()))
}

/// Writes down whose password was right. The token says nothing else: it opens no door but
/// [`meet`].
pub(in crate::sign_in) async fn challenge(
    app: &App,
    tenant: TenantId,
    member: UserId,
    password_mark: Vec<u8>,
) -> Result<(LinkToken, OffsetDateTime), Error> {
    let (token, now) = (LinkToken::generate()?, app.now());
    let expires_at = now + Challenge::VALID;
    let mut tx = app.db().tenant(tenant);
    tx.sql("DELETE FROM sign_in_challenges WHERE member_id = $1 AND expires_at <= $2")
        .bind(member)
        .bind(now)
        .execute()
        .await?;
    let challenge = Challenge {
        id: (&token).into(),
        tenant_id: tenant,
        member_id: member,
        password_mark,
        expires_at,
    };
    tx.repo::<Challenge>().insert(challenge).await?;
    tx.commit().await?;
    Ok((token, expires_at))
}

/// Opens a session for whoever has the token of a challenge, and a code.
///
/// # Errors
///
/// 401 `second_factor_refused`, the same for a token that is none, used, expired or another
/// tenant's, and for a wrong code; 429 `too_many_attempts` after ten codes for a member.
pub(super) async fn meet(
    app: &App,
    tenant: TenantId,
    token: &LinkToken,
    code: &str,
) -> Result<(SessionSecret, Member), Problem> {
    let id = TokenHash::from(token);
    let found = app.db().read_latest(tenant).repo::<Challenge>().get(&id).await?;
    let challenge = found.filter(|found| found.expires_at > app.now()).ok_or_else(refused)?;
    let subject = format!("code {tenant} {}", challenge.member_id);
    // A right password does not forget these, unlike those for the password.
    app.people().throttle.admit(app, &subject).await?;
    let member = again(|| take(app, tenant, &challenge, code)).await?;
    let account = app.db().read_shared().repo::<Account>().get(&member.email).await?;
    let mark = account.and_then(|account| account.password_mark());
    if mark.as_ref() != Some(&challenge.password_mark) {
        return Err(refused());
    }
    app.people().throttle.forget(app, &subject).await;
    let secret = open(app, tenant, &member, mark.as_deref()).await?;
    Ok((secret, member))
}

/// Uses code and challenge up, both or none.
async fn take(
    app: &App,
    tenant: TenantId,
    challenge: &Challenge,
    code: &str,
) -> Result<Member, Halt> {
    let member_id = challenge.member_id;
    let mut tx = app.db().tenant(tenant);
    let member = tx.repo::<Member>().get(&member_id).await?;
    let member = member.filter(|member| member.state == MemberState::Active);
    let member = member.ok_or_else(refused)?;
    let factor = tx.repo::<SecondFactor>().get(&member_id).await?;
    let factor = factor.filter(SecondFactor::is_confirmed).ok_or_else(refused)?;
    let sealer = &app.people().sealer;
    if !codes::take(&mut tx, sealer, factor, code, app.now()).await?
        || !tx.repo::<Challenge>().delete(&challenge.id).await?
    {
        return Err(refused().into());
    }
    tx.commit().await?;
    Ok(member)
}

pub(super) fn refused() -> Problem {
    Problem::new(
        401,
        "second_factor_refused",
        "The code is wrong, or the sign-in is to be begun anew",
    )
}
