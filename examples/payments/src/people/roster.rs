use tenancy_core::{ErrorKind, Problem, TenantId};
use tenancy_sqlx::{TenantEntity, TenantTx};

use super::Member;
use super::halt::Halt;

/// How many users and owners a tenant has: one row, changed with each member.
///
/// Whoever changes a member changes this row too, so two who do that at the same time do it one
/// after the other: nobody gets a seat too many, and two owners never remove each other.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "rosters", version = "version")]
pub(crate) struct Roster {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    seats: i64,
    owners: i64,
    version: i64,
}

impl Roster {
    pub(crate) fn of(tenant_id: TenantId, members: &[Member]) -> Self {
        let count = |is: fn(&Member) -> bool| members.iter().filter(|member| is(member)).count();
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        let (seats, owners) = (number(count(Member::has_seat)), number(count(Member::is_owner)));
        Self { id: 1, tenant_id, seats, owners, version: 1 }
    }

    /// Counts a change of a member in the transaction that makes it. `limit` is how many users
    /// the tenant may have.
    ///
    /// # Errors
    ///
    /// 409 `user_limit_reached`, 409 `last_owner`; [`Halt::Overtaken`] when somebody else was
    /// faster.
    pub(super) async fn count(
        tx: &mut TenantTx,
        before: Option<&Member>,
        after: &Member,
        limit: Option<u64>,
    ) -> Result<(), Halt> {
        let found = tx.repo::<Self>().get(&1).await?;
        let is_new = found.is_none();
        let mut roster = found.unwrap_or_else(|| Self::of(tx.tenant(), &[]));
        let step =
            |is: fn(&Member) -> bool| i64::from(is(after)) - i64::from(before.is_some_and(is));
        let (seats, owners) = (step(Member::has_seat), step(Member::is_owner));
        roster.seats += seats;
        roster.owners += owners;
        let is_over = |limit| u64::try_from(roster.seats).is_ok_and(|seats| seats > limit);
        if seats > 0 && limit.is_some_and(is_over) {
            return Err(limit_reached(limit).into());
        }
        if owners < 0 && roster.owners < 1 {
            return Err(last_owner().into());
        }
        if !is_new {
            return Ok(tx.repo::<Self>().update(roster).await.map(drop)?);
        }
        match tx.repo::<Self>().insert(roster).await {
            Err(error) if error.kind() == ErrorKind::Conflict => Err(Halt::Overtaken),
            other => Ok(other.map(drop)?),
        }
    }
}

fn limit_reached(limit: Option<u64>) -> Problem {
    let problem = Problem::new(409, "user_limit_reached", "The plan has no more users");
    match limit {
        Some(limit) => problem.with_detail(format!("the plan includes {limit} users")),
        None => problem,
    }
}

fn last_owner() -> Problem {
    Problem::new(409, "last_owner", "A tenant keeps an owner")
        .with_detail("make somebody else an owner first")
}
