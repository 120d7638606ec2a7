use kit::identity::{EmailAddress, LinkToken, Password};
use tenancy_core::{Actor, ActorKind, Problem, Session, SessionSecret, TenantId};
use time::OffsetDateTime;

use super::end;
use super::second_factor;
use super::session::SignIn;
use crate::app::App;
use crate::people::{Account, Member, MemberState};

/// How far somebody has come.
pub(super) enum SignedIn {
    /// There is a session.
    Wholly(SessionSecret, Member),
    /// The password was right, and a code is asked for, until then.
    ByHalf(LinkToken, OffsetDateTime),
}

/// Opens a session for a member whose password this is.
///
/// Who has a second factor is asked for it first.
///
/// Whether there is such an account, a member here, or a wrong password: the answer is the same,
/// and takes as long.
pub(super) async fn login(
    app: &App,
    tenant: TenantId,
    email: &EmailAddress,
    password: String,
) -> Result<SignedIn, Problem> {
    let people = app.people();
    people.throttle.admit(app, email.as_str()).await?;
    let key = email.to_string();
    let account = app.db().read_shared().repo::<Account>().get(&key).await?;
    let member = match &account {
        Some(account) => {
            app.db().read_latest(tenant).repo::<Member>().get(&account.user_id).await?
        }
        None => None,
    };
    let hash = account.as_ref().and_then(Account::password);
    let is_right = people.hasher.is_right(Password::typed(password), hash).await?;
    let member = member.filter(|member| is_right && member.state == MemberState::Active);
    let member = member.ok_or_else(refused)?;
    people.throttle.forget(app, email.as_str()).await;
    let mark = account.and_then(|account| account.password_mark());
    if second_factor::is_asked_for(app, tenant, member.id).await? {
        let mark = mark.ok_or_else(refused)?;
        let (token, until) = second_factor::challenge(app, tenant, member.id, mark).await?;
        return Ok(SignedIn::ByHalf(token, until));
    }
    let secret = open(app, tenant, &member, mark.as_deref()).await?;
    Ok(SignedIn::Wholly(secret, member))
}

/// A new secret each time: one that somebody planted in the browser is never taken over.
///
/// A password that was changed meanwhile opens nothing: whoever changed it has ended the sessions
/// that there were, and this one was not among them.
pub(super) async fn open(
    app: &App,
    tenant: TenantId,
    member: &Member,
    password_mark: Option<&[u8]>,
) -> Result<SessionSecret, Problem> {
    let now = app.now();
    let sign_in = SignIn::new(tenant, member.id, now);
    let actor = Actor::new(ActorKind::User, member.id.to_string());
    let session = Session::new(sign_in.id.to_string(), tenant, actor, sign_in.idle_end(now));
    // First what lists it: a session that nobody can find could not be ended.
    let mut tx = app.db().tenant(tenant);
    tx.repo::<SignIn>().insert(sign_in).await?;
    tx.commit().await?;
    let secret = SessionSecret::generate("ses")?;
    app.people().directory.insert_session(&secret, &session).await?;
    let account = app.db().read_shared().repo::<Account>().get(&member.email).await?;
    let mark = account.and_then(|account| account.password_mark());
    if mark.as_deref() != password_mark {
        end::end(app, tenant, &secret).await?;
        return Err(refused());
    }
    Ok(secret)
}

fn refused() -> Problem {
    Problem::new(401, "sign_in_refused", "Address or password is wrong")
}
