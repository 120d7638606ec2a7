use std::time::Duration;

use kit::resilience::{
    Breaker, BreakerOptions, BreakerState, Bulkhead, Pass, RetryBudget, Turn, Upstream,
    UpstreamPass,
};
use tenancy_core::TenantId;
use time::OffsetDateTime;

use super::connection::BreakerRule;
use crate::connectors::CallError;

/// What stands between a tenant and its provider: how many calls at once, whether at all, and how
/// many of them twice.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(super) breaker: Breaker,
    pub(super) upstream: Upstream,
    pub(super) budget: RetryBudget,
    bulkhead: Bulkhead,
}

/// So many failures within a minute open the breaker of a connection.
const FAILURES: usize = 5;

/// So many calls of a connection at once...
const AT_ONCE: usize = 16;

/// ...and no longer a wait for a turn.
const WAIT: Duration = Duration::from_millis(250);

/// Retries are a tenth of all calls, and these at the start.
const RETRIES: (u32, u32) = (10, 10);

/// A call that may go out.
pub(super) struct Admission {
    _turn: Turn,
    passes: Option<(Pass, UpstreamPass)>,
}

impl Guard {
    pub(super) fn new(upstream: Upstream) -> Self {
        Self {
            breaker: Breaker::new(BreakerOptions::new(FAILURES)),
            upstream,
            budget: RetryBudget::new(RETRIES.0, RETRIES.1),
            bulkhead: Bulkhead::new(AT_ONCE, WAIT),
        }
    }

    /// Tells whether a call would go out now, if there is a turn for it.
    pub(super) fn admits(&self, rule: BreakerRule, now: OffsetDateTime) -> bool {
        match rule {
            BreakerRule::Open => false,
            BreakerRule::Closed => true,
            BreakerRule::Automatic => self.breaker.admits(now) && self.upstream.admits(now),
        }
    }

    /// Tells whether calls go out.
    pub(super) fn state(&self, rule: BreakerRule, now: OffsetDateTime) -> BreakerState {
        match rule {
            BreakerRule::Open => BreakerState::Open,
            BreakerRule::Closed => BreakerState::Closed,
            BreakerRule::Automatic => self.breaker.state(now),
        }
    }

    /// Lets a call out, or not.
    pub(super) async fn enter(&self, rule: BreakerRule, now: OffsetDateTime) -> Option<Admission> {
        if rule == BreakerRule::Open {
            return None;
        }
        let turn = self.bulkhead.enter().await?;
        let passes = match rule {
            BreakerRule::Automatic => Some((self.breaker.enter(now)?, self.upstream.enter(now)?)),
            _ => None,
        };
        Some(Admission { _turn: turn, passes })
    }
}

impl Admission {
    /// Says what came of the call.
    pub(super) fn end(self, tenant: TenantId, error: Option<CallError>, now: OffsetDateTime) {
        let Some((own, shared)) = self.passes else { return };
        match error {
            None => {
                own.succeeded();
                shared.succeeded();
            }
            // The server is there, and does not serve this tenant.
            Some(CallError::Refused(_) | CallError::NotSent(Some(_))) => {
                own.failed(now);
                shared.succeeded();
            }
            Some(CallError::NotSent(None) | CallError::Unknown(_)) => {
                own.failed(now);
                shared.failed(tenant, now);
            }
        }
    }
}
