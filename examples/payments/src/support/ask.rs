use kit::identity::{EmailAddress, Mail};
use kit::notifications::Notification;
use serde::Deserialize;
use tenancy_core::{List, Problem, Session, SessionSecret, Tenant, TenantId};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use super::SupportGrant;
use super::end::end;
use super::grant::SupportGrantView;
use crate::access::Role;
use crate::app::App;
use crate::ids::{PlatformUserId, SupportGrantId};
use crate::line::Line;
use crate::people::{Member, MemberState};

/// What somebody of the platform wants to see, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSupportGrant {
    #[schema(value_type = String, example = "01a22fc5-8f05-75ce-a8e6-6f776dca9af0")]
    pub(super) tenant: TenantId,
    /// The owners read it.
    #[schema(value_type = String, min_length = 1, max_length = 300,
        example = "ticket 4711: a payment hangs")]
    pub(super) reason: Line<300>,
    #[schema(minimum = 1, maximum = 60, example = 30)]
    pub(super) minutes: u8,
}

/// So many owners hear of it.
const OWNERS: u16 = 100;

/// Lets somebody of the platform in, and tells the owners. Whoever had a grant here before has this
/// one instead.
pub(super) async fn ask(
    app: &App,
    tenant: &Tenant,
    (user_id, user_name): (PlatformUserId, &str),
    new: &NewSupportGrant,
) -> Result<(SupportGrant, SessionSecret), Problem> {
    if !(1..=60).contains(&new.minutes) {
        return Err(Problem::new(422, "field_invalid", "A field is not valid")
            .with_param("minutes")
            .with_detail("1 to 60 minutes are expected"));
    }
    let owners = owners(app, tenant.id()).await?;
    let behalf_of = owners.first().ok_or_else(nobody)?.id;
    let of_user = List::newest(OWNERS).filter(SupportGrant::USER_ID.eq(user_id));
    let earlier = app.db().read_latest(tenant.id()).repo::<SupportGrant>().list(of_user).await?;
    for grant in earlier.items.into_iter().filter(SupportGrant::stands) {
        end(app, tenant.id(), grant).await?;
    }
    let now = app.now();
    let grant = SupportGrant {
        id: SupportGrantId::generate(),
        tenant_id: tenant.id(),
        user_id,
        user_name: user_name.to_owned(),
        behalf_of,
        reason: new.reason.as_ref().to_owned(),
        created_at: now,
        expires_at: until(new.minutes, now),
        ended_at: None,
        version: 1,
    };
    let mut tx = app.db().tenant(tenant.id());
    let grant = tx.repo::<SupportGrant>().insert(grant).await?;
    let view = SupportGrantView::from(grant.clone());
    Notification::tell(&mut tx, "support_grant.created", &view, now).await?;
    app.emit(&mut tx, &grant).await?;
    tx.commit().await?;
    // The owners hear of it before anybody can look.
    for owner in &owners {
        app.people().mailer.send(mail(tenant, &grant, EmailAddress::parse(&owner.email)?)).await?;
    }
    let secret = SessionSecret::generate("ses")?;
    let id = grant.id.to_string();
    let session = Session::new(id, tenant.id(), grant.actor(), grant.expires_at);
    app.people().directory.insert_session(&secret, &session).await?;
    Ok((grant, secret))
}

fn until(minutes: u8, now: OffsetDateTime) -> OffsetDateTime {
    now + Duration::minutes(minutes.into())
}

/// Returns those who answer for a tenant, the first one first.
async fn owners(app: &App, tenant: TenantId) -> Result<Vec<Member>, Problem> {
    let list = List::oldest(OWNERS).filter(Member::ROLE.eq(Role::Owner.as_str()));
    let mut found = app.db().read_latest(tenant).repo::<Member>().list(list).await?.items;
    found.retain(|member| member.state == MemberState::Active);
    Ok(found)
}

fn mail(tenant: &Tenant, grant: &SupportGrant, to: EmailAddress) -> Mail {
    let SupportGrant { id, user_name, reason, expires_at, .. } = grant;
    Mail {
        to,
        subject: format!("Support looks into {}", tenant.name()),
        text: format!(
            "{user_name} of the platform may read what {} has, until {expires_at}, and change \
             nothing. What is personal is masked. Each look is in your audit log.\n\n\
             The reason given: {reason}\n\n\
             To end it at once, send DELETE /v1/support-grants/{id}.",
            tenant.name(),
        ),
    }
}

fn nobody() -> Problem {
    Problem::new(409, "no_owner", "The tenant has no owner who could be told")
}
