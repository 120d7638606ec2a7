use kit::identity::{EmailAddress, LinkToken, Mail, Password};
use tenancy_core::{Error, ErrorKind, Problem, Tenant, TenantId};

use super::halt::{Halt, again};
use super::{Account, Invitation, Member, MemberState, Roster};
use crate::access::Role;
use crate::app::App;
use crate::ids::UserId;

/// Makes somebody a member to be, and sends the link.
pub(crate) async fn invite(
    app: &App,
    tenant: &Tenant,
    email: &EmailAddress,
    name: &str,
    role: Role,
) -> Result<Member, Problem> {
    let user = account_of(app, email).await?;
    let token = LinkToken::generate()?;
    let member = again(|| add(app, tenant, user, (email, name), role, &token)).await?;
    app.people().mailer.send(mail(app, tenant, email, &token)).await?;
    Ok(member)
}

/// Finds the account of an address, and makes it if there is none.
async fn account_of(app: &App, email: &EmailAddress) -> Result<UserId, Error> {
    let key = email.to_string();
    let find = async || app.db().read_shared().repo::<Account>().get(&key).await;
    if let Some(account) = find().await? {
        return Ok(account.user_id);
    }
    let mut tx = app.db().shared();
    match tx.repo::<Account>().insert(Account::new(email, app.now())).await {
        Ok(account) => {
            tx.commit().await?;
            Ok(account.user_id)
        }
        // Somebody else has invited the same address first.
        Err(error) if error.kind() == ErrorKind::Conflict => {
            drop(tx);
            let found = find().await?.ok_or(error)?;
            Ok(found.user_id)
        }
        Err(error) => Err(error),
    }
}

async fn add(
    app: &App,
    tenant: &Tenant,
    id: UserId,
    (email, name): (&EmailAddress, &str),
    role: Role,
    token: &LinkToken,
) -> Result<Member, Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant.id());
    let before = tx.repo::<Member>().get(&id).await?;
    let member = Member {
        id,
        tenant_id: tenant.id(),
        email: email.to_string(),
        name: name.to_owned(),
        role: role.as_str().to_owned(),
        state: MemberState::Invited,
        created_at: before.as_ref().map_or(now, |before| before.created_at),
        updated_at: now,
        version: before.as_ref().map_or(1, |before| before.version),
    };
    let limit = tenant.limit("users").allowance().limit();
    Roster::count(&mut tx, before.as_ref(), &member, limit).await?;
    let member = match before {
        Some(before) if before.state == MemberState::Active => return Err(is_member().into()),
        Some(_) => tx.repo::<Member>().update(member).await?,
        None => tx.repo::<Member>().insert(member).await?,
    };
    // A new link ends the older ones.
    forget_links(&mut tx, id).await?;
    let invitation = Invitation {
        id: token.into(),
        tenant_id: tenant.id(),
        member_id: id,
        expires_at: now + Invitation::VALID,
    };
    tx.repo::<Invitation>().insert(invitation).await?;
    tx.commit().await?;
    Ok(member)
}

/// Ends all links of somebody.
pub(super) async fn forget_links(
    tx: &mut tenancy_sqlx::TenantTx,
    member: UserId,
) -> Result<(), Error> {
    tx.sql("DELETE FROM invitations WHERE member_id = $1").bind(member).execute().await.map(drop)
}

fn mail(app: &App, tenant: &Tenant, to: &EmailAddress, token: &LinkToken) -> Mail {
    let (name, host) = (tenant.name(), format!("{}.{}", tenant.slug(), app.base_domain()));
    Mail {
        to: to.clone(),
        subject: format!("You are invited to {name}"),
        text: format!(
            "{name} invites you to work with it at {host}.\n\n\
             Send this token with a password of your choice to POST /v1/invitations/accept \
             there, within seven days:\n\ntoken: {}",
            token.reveal()
        ),
    }
}

/// Takes up an invitation: sets the password of a new account, or proves that of an old one.
///
/// An invitation never changes a password: whoever invites somebody's address could otherwise
/// take over the account at another tenant.
pub(super) async fn accept(
    app: &App,
    tenant: TenantId,
    token: &LinkToken,
    password: String,
) -> Result<Member, Problem> {
    let id = token.into();
    let mut tx = app.db().read(tenant);
    let invitation = tx.repo::<Invitation>().get(&id).await?;
    let invitation = invitation.filter(|found| !found.is_expired(app.now()));
    let invitation = invitation.ok_or_else(no_invitation)?;
    let member = tx.repo::<Member>().get(&invitation.member_id).await?.ok_or_else(no_invitation)?;
    drop(tx);
    let account = app.db().read_shared().repo::<Account>().get(&member.email).await?;
    let account = account.ok_or_else(no_invitation)?;
    let hasher = &app.people().hasher;
    if let Some(hash) = account.password() {
        // No second way to guess the password of an account.
        app.people().throttle.admit(app, &account.email).await?;
        if !hasher.is_right(Password::typed(password), Some(hash)).await? {
            return Err(wrong_password());
        }
    } else {
        let hash = hasher.hash(Password::new(password).map_err(|_| too_weak())?).await?;
        let mut tx = app.db().shared();
        let account = account.with_password(&hash, app.now());
        tx.repo::<Account>().update(account).await?;
        tx.commit().await?;
    }
    again(|| activate(app, tenant, &invitation)).await
}

async fn activate(app: &App, tenant: TenantId, invitation: &Invitation) -> Result<Member, Halt> {
    let mut tx = app.db().tenant(tenant);
    if !tx.repo::<Invitation>().delete(&invitation.id).await? {
        return Err(no_invitation().into());
    }
    let before = tx.repo::<Member>().get(&invitation.member_id).await?.ok_or_else(no_invitation)?;
    if before.state != MemberState::Invited {
        return Err(no_invitation().into());
    }
    let after = Member { state: MemberState::Active, updated_at: app.now(), ..before.clone() };
    Roster::count(&mut tx, Some(&before), &after, None).await?;
    let member = tx.repo::<Member>().update(after).await?;
    tx.commit().await?;
    Ok(member)
}

/// The same for a token that is none, used, expired or another tenant's.
pub(super) fn no_invitation() -> Problem {
    Problem::new(404, "invitation_missing", "There is no such invitation")
}

fn too_weak() -> Problem {
    Problem::new(422, "field_invalid", "A field is not valid")
        .with_param("password")
        .with_detail("12 to 128 characters are expected")
}

fn wrong_password() -> Problem {
    Problem::new(401, "sign_in_refused", "Address or password is wrong")
        .with_detail("this address has an account: send its password")
}

fn is_member() -> Problem {
    Problem::new(409, "member_exists", "This address is a member already").with_param("email")
}
