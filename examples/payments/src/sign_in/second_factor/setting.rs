use kit::identity::{Password, TotpSecret};
use tenancy_core::{Actor, ActorKind, Problem, TenantId};

use super::{SecondFactor, codes};
use crate::app::App;
use crate::ids::UserId;
use crate::people::{Account, Halt, Member, MemberState, again};

/// A member who has shown the password now, and not only a session.
#[derive(Debug, Clone)]
pub(super) struct Proven {
    tenant: TenantId,
    member: Member,
}

/// Asks for the password again: a session that somebody took over changes no second factor.
///
/// # Errors
///
/// 403 `people_only` for programs, 401 `sign_in_refused`, 429 `too_many_attempts`.
pub(super) async fn prove(
    app: &App,
    tenant: TenantId,
    actor: &Actor,
    password: String,
) -> Result<Proven, Problem> {
    let member = member_of(app, tenant, actor).await?;
    let people = app.people();
    people.throttle.admit(app, &member.email).await?;
    let account = app.db().read_shared().repo::<Account>().get(&member.email).await?;
    let hash = account.and_then(|account| account.password());
    if !people.hasher.is_right(Password::typed(password), hash).await? {
        return Err(Problem::new(401, "sign_in_refused", "The password is wrong"));
    }
    people.throttle.forget(app, &member.email).await;
    Ok(Proven { tenant, member })
}

/// Finds the member who asks.
pub(super) async fn member_of(
    app: &App,
    tenant: TenantId,
    actor: &Actor,
) -> Result<Member, Problem> {
    let people_only = || Problem::new(403, "people_only", "Only people have a second factor");
    if actor.kind() != ActorKind::User || actor.scopes().is_some() {
        return Err(people_only());
    }
    let id: UserId = actor.id().parse().map_err(|_| people_only())?;
    let found = app.db().read_latest(tenant).repo::<Member>().get(&id).await?;
    found.filter(|member| member.state == MemberState::Active).ok_or_else(people_only)
}

/// Begins: makes a secret, in place of one that was never confirmed.
///
/// # Errors
///
/// 409 `second_factor_exists`.
pub(super) async fn begin(
    app: &App,
    by: &Proven,
    issuer: &str,
) -> Result<(String, String), Problem> {
    let secret = TotpSecret::generate()?;
    again(|| keep(app, by, &secret)).await?;
    Ok((secret.reveal(), secret.uri(issuer, &by.member.email)))
}

async fn keep(app: &App, by: &Proven, secret: &TotpSecret) -> Result<(), Halt> {
    let (id, sealer) = (by.member.id, &app.people().sealer);
    let new = SecondFactor::new(sealer, secret, by.tenant, id, app.now())?;
    let mut tx = app.db().tenant(by.tenant);
    match tx.repo::<SecondFactor>().get(&id).await? {
        Some(found) if found.is_confirmed() => return Err(exists().into()),
        Some(found) => {
            let new = SecondFactor { version: found.version, ..new };
            tx.repo::<SecondFactor>().update(new).await?;
        }
        None => {
            tx.repo::<SecondFactor>().insert(new).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Confirms: the authenticator works, and from now on a code is asked for. Returns the recovery
/// codes.
///
/// # Errors
///
/// 404 `second_factor_missing`, 409 `second_factor_exists`, 422 `code_invalid`.
pub(super) async fn confirm(
    app: &App,
    tenant: TenantId,
    member: UserId,
    code: &str,
) -> Result<Vec<String>, Problem> {
    throttle(app, tenant, member).await?;
    again(|| confirm_once(app, tenant, member, code)).await
}

async fn confirm_once(
    app: &App,
    tenant: TenantId,
    member: UserId,
    code: &str,
) -> Result<Vec<String>, Halt> {
    let (now, sealer) = (app.now(), &app.people().sealer);
    let mut tx = app.db().tenant(tenant);
    let factor = tx.repo::<SecondFactor>().get(&member).await?.ok_or_else(missing)?;
    if factor.is_confirmed() {
        return Err(exists().into());
    }
    let step = factor.secret(sealer)?.step_of(code.trim(), now, factor.last_step);
    let last_step = Some(step.ok_or_else(wrong_code)?);
    let factor = SecondFactor { confirmed_at: Some(now), last_step, ..factor };
    tx.repo::<SecondFactor>().update(factor).await?;
    let codes = codes::renew(&mut tx, tenant, member).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Makes new recovery codes; the older ones are good no more.
///
/// # Errors
///
/// 404 `second_factor_missing`, 422 `code_invalid`.
pub(super) async fn renew(app: &App, by: &Proven, code: &str) -> Result<Vec<String>, Problem> {
    throttle(app, by.tenant, by.member.id).await?;
    again(|| async {
        let mut tx = app.db().tenant(by.tenant);
        take(app, &mut tx, by, code).await?;
        let codes = codes::renew(&mut tx, by.tenant, by.member.id).await?;
        tx.commit().await?;
        Ok::<_, Halt>(codes)
    })
    .await
}

/// Asks for no code any more.
///
/// # Errors
///
/// 404 `second_factor_missing`, 422 `code_invalid`.
pub(super) async fn disable(app: &App, by: &Proven, code: &str) -> Result<(), Problem> {
    throttle(app, by.tenant, by.member.id).await?;
    again(|| async {
        let mut tx = app.db().tenant(by.tenant);
        take(app, &mut tx, by, code).await?;
        codes::forget(&mut tx, by.member.id).await?;
        tx.repo::<SecondFactor>().delete(&by.member.id).await?;
        Ok::<_, Halt>(tx.commit().await?)
    })
    .await
}

async fn take(
    app: &App,
    tx: &mut tenancy_sqlx::TenantTx,
    by: &Proven,
    code: &str,
) -> Result<(), Halt> {
    let factor = tx.repo::<SecondFactor>().get(&by.member.id).await?;
    let factor = factor.filter(SecondFactor::is_confirmed).ok_or_else(missing)?;
    let is_good = codes::take(tx, &app.people().sealer, factor, code, app.now()).await?;
    if is_good { Ok(()) } else { Err(wrong_code().into()) }
}

/// Codes are short: ten are tried in a quarter of an hour, whatever for.
async fn throttle(app: &App, tenant: TenantId, member: UserId) -> Result<(), Problem> {
    app.people().throttle.admit(app, format!("code {tenant} {member}")).await
}

fn exists() -> Problem {
    Problem::new(409, "second_factor_exists", "There is a second factor already")
}

fn missing() -> Problem {
    Problem::new(404, "second_factor_missing", "There is no second factor")
}

fn wrong_code() -> Problem {
    Problem::new(422, "code_invalid", "The code is wrong, or was used").with_param("code")
}
