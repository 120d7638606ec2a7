use kit::identity::{EmailAddress, LinkToken, Mail};
use tenancy_core::{Error, Tenant};

use super::PasswordReset;
use crate::app::App;
use crate::people::{Account, Member, MemberState};

/// Sends a link to whoever has an account of this address and is a member here; to others nothing.
///
/// The caller does not wait for it: how long it takes would tell who has an account.
pub(super) async fn ask(app: &App, tenant: &Tenant, email: &EmailAddress) -> Result<(), Error> {
    let home = tenant.id().home();
    let found = app.db().read_shared().repo::<Account>().get(&email.to_string()).await?;
    let Some(account) = found else { return Ok(()) };
    let Some(password_mark) = account.password_mark() else { return Ok(()) };
    let member = app.db().read_latest(home).repo::<Member>().get(&account.user_id).await?;
    let Some(member) = member.filter(|member| member.state == MemberState::Active) else {
        return Ok(());
    };
    let token = LinkToken::generate()?;
    let now = app.now();
    let mut tx = app.db().tenant(home);
    tx.sql("DELETE FROM password_resets WHERE member_id = $1 AND expires_at <= $2")
        .bind(member.id)
        .bind(now)
        .execute()
        .await?;
    let reset = PasswordReset {
        id: (&token).into(),
        tenant_id: home,
        member_id: member.id,
        password_mark,
        expires_at: now + PasswordReset::VALID,
    };
    tx.repo::<PasswordReset>().insert(reset).await?;
    tx.commit().await?;
    app.people().mailer.send(mail(app, tenant, email, &token)).await
}

fn mail(app: &App, tenant: &Tenant, to: &EmailAddress, token: &LinkToken) -> Mail {
    let (name, host) = (tenant.name(), format!("{}.{}", tenant.slug(), app.base_domain()));
    Mail {
        to: to.clone(),
        subject: format!("A new password at {name}"),
        text: format!(
            "Somebody has asked for a new password at {host}. If it was not you, do nothing.\n\n\
             Send this token with a password of your choice to POST /v1/auth/password-reset/complete \
             there, within half an hour:\n\ntoken: {}",
            token.reveal()
        ),
    }
}
