use kit::identity::{LinkToken, Password, PasswordHash};
use tenancy_core::{Problem, TenantId};

use super::PasswordReset;
use crate::app::App;
use crate::ids::UserId;
use crate::people::{Account, Member, MemberState, TokenHash};
use crate::sign_in::end_everywhere;

/// Changes the password of whoever has the link, and ends all sessions of the account, at all
/// tenants.
pub(super) async fn complete(
    app: &App,
    tenant: TenantId,
    token: &LinkToken,
    password: String,
) -> Result<(), Problem> {
    let id = TokenHash::from(token);
    let (reset, member) = find(app, tenant, &id).await?;
    let account = account_of(app, &member, &reset).await?;
    let password = Password::new(password).map_err(|_| too_weak())?;
    let hash = app.people().hasher.hash(password).await?;
    take(app, tenant, &id, member.id).await?;
    set(app, &account, &reset, &hash).await?;
    end_everywhere(app, member.id).await?;
    // Whoever guessed has locked the owner out, perhaps.
    app.people().throttle.forget(app, &account.email).await;
    Ok(())
}

async fn find(
    app: &App,
    tenant: TenantId,
    id: &TokenHash,
) -> Result<(PasswordReset, Member), Problem> {
    let mut tx = app.db().read_latest(tenant);
    let reset = tx.repo::<PasswordReset>().get(id).await?;
    let reset = reset.filter(|found| !found.is_expired(app.now())).ok_or_else(no_reset)?;
    let member = tx.repo::<Member>().get(&reset.member_id).await?;
    let member = member.filter(|member| member.state == MemberState::Active);
    Ok((reset, member.ok_or_else(no_reset)?))
}

async fn account_of(app: &App, member: &Member, reset: &PasswordReset) -> Result<Account, Problem> {
    let account = app.db().read_shared().repo::<Account>().get(&member.email).await?;
    account.filter(|account| is_of(account, reset)).ok_or_else(no_reset)
}

/// The link is of this account, and of the password it has now.
fn is_of(account: &Account, reset: &PasswordReset) -> bool {
    account.user_id == reset.member_id
        && account.password_mark().as_ref() == Some(&reset.password_mark)
}

/// Uses the link up: of two who do it at the same time one is first.
async fn take(app: &App, tenant: TenantId, id: &TokenHash, member: UserId) -> Result<(), Problem> {
    let mut tx = app.db().tenant(tenant);
    if !tx.repo::<PasswordReset>().delete(id).await? {
        return Err(no_reset());
    }
    tx.sql("DELETE FROM password_resets WHERE member_id = $1").bind(member).execute().await?;
    Ok(tx.commit().await?)
}

async fn set(
    app: &App,
    account: &Account,
    reset: &PasswordReset,
    hash: &PasswordHash,
) -> Result<(), Problem> {
    let mut tx = app.db().shared();
    let found = tx.repo::<Account>().get(&account.email).await?;
    let account = found.filter(|account| is_of(account, reset)).ok_or_else(no_reset)?;
    tx.repo::<Account>().update(account.with_password(hash, app.now())).await?;
    Ok(tx.commit().await?)
}

/// The same for a token that is none, used, expired or another tenant's.
pub(super) fn no_reset() -> Problem {
    Problem::new(404, "password_reset_missing", "There is no such password reset")
}

fn too_weak() -> Problem {
    Problem::new(422, "field_invalid", "A field is not valid")
        .with_param("password")
        .with_detail("12 to 128 characters are expected")
}
