use serde::Serialize;
use tenancy_core::{List, Problem};
use tenancy_sqlx::TenantTx;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use super::call_log::{CallOutcome, ProviderCall};
use super::view::Gate;
use super::{Connection, Integrations};
use crate::ids::ConnectionId;

/// How a connection is doing, as this instance of the platform knows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConnectionHealth {
    connection: ConnectionId,
    /// The connection's own breaker.
    breaker: Gate,
    /// Until when it is open, if it closes by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    open_until: Option<OffsetDateTime>,
    /// The breaker that all tenants of this provider share.
    upstream: Gate,
    /// Of the last hour, at most the last hundred calls.
    calls: Calls,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RecentCalls)]
struct Calls {
    total: usize,
    not_answered: usize,
    /// Half of them were faster, in microseconds.
    p50_us: Option<i64>,
    /// Nineteen of twenty were faster, in microseconds.
    p95_us: Option<i64>,
}

/// How far back calls are counted.
const RECENT: Duration = Duration::hours(1);

/// How many of them at most.
const MOST: u16 = 100;

impl ConnectionHealth {
    pub(super) async fn of(
        integrations: &Integrations,
        tx: &mut TenantTx,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<Self, Problem> {
        let guard = integrations.guard(connection);
        let recent = ProviderCall::CONNECTION_ID
            .eq(connection.id)
            .and(ProviderCall::CREATED_AT.ge(now - RECENT));
        let calls = tx.repo::<ProviderCall>().list(List::newest(MOST).filter(recent)).await?.items;
        Ok(Self {
            connection: connection.id,
            breaker: guard.state(connection.breaker, now).into(),
            open_until: guard.breaker.opened_until(now),
            upstream: guard.upstream.state(now).into(),
            calls: Calls::of(&calls),
        })
    }
}

impl Calls {
    fn of(calls: &[ProviderCall]) -> Self {
        let mut durations: Vec<_> = calls.iter().map(|call| call.duration_us).collect();
        durations.sort_unstable();
        let at = |hundredths: usize| {
            let rank = (durations.len() * hundredths).div_ceil(100);
            rank.checked_sub(1).and_then(|place| durations.get(place)).copied()
        };
        let not_answered = calls.iter().filter(|call| call.outcome != CallOutcome::Answered);
        Self {
            total: calls.len(),
            not_answered: not_answered.count(),
            p50_us: at(50),
            p95_us: at(95),
        }
    }
}

#[cfg(test)]
mod tests {
    use tenancy_core::TenantId;

    use super::*;
    use crate::ids::ProviderCallId;

    fn call(duration_us: i64, outcome: CallOutcome) -> ProviderCall {
        ProviderCall {
            id: ProviderCallId::generate(),
            tenant_id: TenantId::generate(),
            connection_id: ConnectionId::generate(),
            operation: "find".to_owned(),
            request_id: "att_1".to_owned(),
            attempt: 1,
            outcome,
            status: None,
            duration_us,
            created_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn half_are_faster_and_nineteen_of_twenty() {
        let calls: Vec<_> = (1..=20).rev().map(|us| call(us, CallOutcome::Answered)).collect();
        let expected = Calls { total: 20, not_answered: 0, p50_us: Some(10), p95_us: Some(19) };
        assert_eq!(Calls::of(&calls), expected);
        let one = Calls::of(&[call(7, CallOutcome::Unknown)]);
        assert_eq!((one.not_answered, one.p50_us, one.p95_us), (1, Some(7), Some(7)));
        assert_eq!(Calls::of(&[]), Calls::default());
    }
}
