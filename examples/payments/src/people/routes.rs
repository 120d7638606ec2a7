use axum::extract::State;
use http::StatusCode;
use kit::identity::{EmailAddress, LinkToken};
use kit::{Json, List, Network, PageParams, PageQuery, ProblemBody};
use serde::Deserialize;
use tenancy_axum::{CurrentAccess, Permitted};
use tenancy_core::access::{Capability as _, Grant, RoleName, Scope};
use tenancy_core::{Error, Problem};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::{InviteMembers, ManageOwners, RemoveMembers, UpdateMembers, ViewMembers};
use super::member::MemberView;
use super::remove::{Change, change};
use super::{HomeTenant, Member, invite};
use crate::access::Role;
use crate::app::App;
use crate::ids::{PathId, UserId, missing};
use crate::line::Line;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, update, remove))
        .routes(routes!(invite_member))
        .routes(routes!(accept))
}

/// What it takes to invite somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    #[schema(value_type = String, format = Email, example = "mara@riverside.example")]
    email: EmailAddress,
    #[schema(value_type = String, min_length = 1, max_length = 200, example = "Mara Lindqvist")]
    name: Line<200>,
    #[schema(value_type = String, example = "operator")]
    role: Role,
}

/// What it takes to become a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    /// From the mail.
    token: String,
    /// A new one of 12 to 128 characters, or that of the account which the address has.
    #[schema(format = Password, min_length = 12, max_length = 128)]
    password: String,
}

/// What can be changed of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberChange {
    #[schema(value_type = String, example = "auditor")]
    role: Role,
}

/// List members, the newest first
#[utoipa::path(
    get,
    path = "/v1/members",
    tag = "members",
    security(("bearer" = ["members:view"])),
    params(PageParams),
    responses((status = 200, body = List<MemberView>))
)]
async fn list(
    _: Permitted<ViewMembers>,
    State(app): State<App>,
    tenant: HomeTenant,
    query: PageQuery<UserId>,
) -> Result<Json<List<MemberView>>, Problem> {
    let members = app.db().read(tenant.id()).repo::<Member>().list(query.page()).await?;
    Ok(Json(List::of(members, MemberView::from)))
}

/// Read a member
#[utoipa::path(
    get,
    path = "/v1/members/{id}",
    tag = "members",
    security(("bearer" = ["members:view"])),
    params(("id" = UserId, Path)),
    responses(
        (status = 200, body = MemberView),
        (status = 404, description = "There is no such member", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewMembers>,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<UserId>,
) -> Result<Json<MemberView>, Problem> {
    let member = app.db().read(tenant.id()).repo::<Member>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(member.into()))
}

/// Change a member's role
///
/// Nobody gives more than he may do himself; an owner is changed by owners alone.
#[utoipa::path(
    patch,
    path = "/v1/members/{id}",
    tag = "members",
    security(("bearer" = ["members:update"])),
    params(("id" = UserId, Path)),
    request_body = MemberChange,
    responses(
        (status = 200, body = MemberView),
        (status = 404, description = "There is no such member", body = ProblemBody),
        (status = 409, description = "It is the last owner", body = ProblemBody),
    )
)]
async fn update(
    _: Permitted<UpdateMembers>,
    access: CurrentAccess,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<UserId>,
    Json(new): Json<MemberChange>,
) -> Result<Json<MemberView>, Problem> {
    may_give(&access, new.role)?;
    let to = Change::Role(new.role);
    let allowed = |member: &Member| may_touch(&access, member);
    let member = change(&app, tenant.id(), id, to, allowed).await?;
    Ok(Json(member.into()))
}

/// Remove a member, or take back an invitation
#[utoipa::path(
    delete,
    path = "/v1/members/{id}",
    tag = "members",
    security(("bearer" = ["members:remove"])),
    params(("id" = UserId, Path)),
    responses(
        (status = 200, description = "The sessions have ended", body = MemberView),
        (status = 404, description = "There is no such member", body = ProblemBody),
        (status = 409, description = "It is the last owner", body = ProblemBody),
    )
)]
async fn remove(
    _: Permitted<RemoveMembers>,
    access: CurrentAccess,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<UserId>,
) -> Result<Json<MemberView>, Problem> {
    let allowed = |member: &Member| may_touch(&access, member);
    let member = change(&app, tenant.id(), id, Change::Remove, allowed).await?;
    Ok(Json(member.into()))
}

/// Invite somebody
///
/// The same again sends a new link, and the old one is good no more.
#[utoipa::path(
    post,
    path = "/v1/invitations",
    tag = "members",
    security(("bearer" = ["members:invite"])),
    request_body = NewInvitation,
    responses(
        (status = 201, body = MemberView),
        (status = 409, description = "The plan has no more users, or the address is a member",
            body = ProblemBody),
    )
)]
async fn invite_member(
    _: Permitted<InviteMembers>,
    access: CurrentAccess,
    State(app): State<App>,
    tenant: HomeTenant,
    Json(new): Json<NewInvitation>,
) -> Result<(StatusCode, Json<MemberView>), Problem> {
    may_give(&access, new.role)?;
    let NewInvitation { email, name, role } = new;
    let member = invite::invite(&app, &tenant, &email, name.as_ref(), role).await?;
    Ok((StatusCode::CREATED, Json(member.into())))
}

/// Accept an invitation
#[utoipa::path(
    post,
    path = "/v1/invitations/accept",
    tag = "members",
    security(()),
    request_body = Acceptance,
    responses(
        (status = 200, body = MemberView),
        (status = 401, description = "It is not the account's password", body = ProblemBody),
        (status = 404, description = "There is no such invitation", body = ProblemBody),
    )
)]
async fn accept(
    State(app): State<App>,
    tenant: HomeTenant,
    network: Network,
    Json(Acceptance { token, password }): Json<Acceptance>,
) -> Result<Json<MemberView>, Problem> {
    let throttle = app.people().throttle;
    let attempt = throttle.admit_from(&app, network).await?;
    let token = LinkToken::parse(&token).ok_or_else(invite::no_invitation)?;
    throttle.admit(&app, token.hash()).await?;
    let member = invite::accept(&app, tenant.id(), &token, password).await?;
    throttle.take_back(&app, attempt).await;
    Ok(Json(member.into()))
}

/// Refuses to give a role that may do more than the giver.
fn may_give(access: &CurrentAccess, role: Role) -> Result<(), Problem> {
    if role == Role::Owner {
        access.require(&ManageOwners::PERMISSION, &Scope::TENANT)?;
    }
    let grant = Grant::role("given", RoleName::from_static(role.as_str()), Scope::TENANT);
    if access.access().may_give(&grant) { Ok(()) } else { Err(not_given()) }
}

/// Refuses to change an owner to who is none.
fn may_touch(access: &CurrentAccess, member: &Member) -> Result<(), Problem> {
    if member.role() == Some(Role::Owner) {
        access.require(&ManageOwners::PERMISSION, &Scope::TENANT)?;
    }
    Ok(())
}

fn not_given() -> Problem {
    Error::new(tenancy_core::ErrorKind::Forbidden, "give a role: it may do more than the giver")
        .into()
}
