use tenancy_core::{Problem, TenantId};

use super::halt::{Halt, again};
use super::invite::forget_links;
use super::{Member, MemberState, Roster};
use crate::access::Role;
use crate::app::App;
use crate::ids::{UserId, missing};
use crate::sign_in;

/// What becomes of a member.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Role(Role),
    Remove,
}

/// Changes a member's role, or removes the member: the sessions end with it.
///
/// `allowed` looks at the member as it is when it is changed.
pub(super) async fn change(
    app: &App,
    tenant: TenantId,
    id: UserId,
    change: Change,
    allowed: impl Fn(&Member) -> Result<(), Problem> + Copy,
) -> Result<Member, Problem> {
    let member = again(|| change_once(app, tenant, id, change, allowed)).await?;
    if member.state == MemberState::Removed {
        sign_in::end_all(app, tenant, id).await?;
    }
    Ok(member)
}

async fn change_once(
    app: &App,
    tenant: TenantId,
    id: UserId,
    change: Change,
    allowed: impl Fn(&Member) -> Result<(), Problem>,
) -> Result<Member, Halt> {
    let mut tx = app.db().tenant(tenant);
    let before = tx.repo::<Member>().get(&id).await?.filter(Member::has_seat);
    let before = before.ok_or_else(missing)?;
    allowed(&before)?;
    let mut after = Member { updated_at: app.now(), ..before.clone() };
    match change {
        Change::Role(role) => role.as_str().clone_into(&mut after.role),
        Change::Remove => after.state = MemberState::Removed,
    }
    Roster::count(&mut tx, Some(&before), &after, None).await?;
    let member = tx.repo::<Member>().update(after).await?;
    if member.state == MemberState::Removed {
        forget_links(&mut tx, id).await?;
        sign_in::forget_member(&mut tx, id).await?;
    }
    tx.commit().await?;
    Ok(member)
}
