use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex as Line;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Call, Decision, Limit, LimitKey, Operation, RateLimiter};
use crate::{Error, ErrorKind, TenantId};

/// A limiter that lets a charge wait its turn, for some time.
///
/// Charges of one tenant to the same limits stand in a line of this process: who came first is
/// first. A charge whose turn cannot come within the patience is refused as soon as that is
/// known. All other calls are handed on.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use tenancy_core::SystemClock;
/// use tenancy_core::limit::{MemoryRateLimiter, PatientRateLimiter};
///
/// let limiter = MemoryRateLimiter::new(Arc::new(SystemClock));
/// let mails = PatientRateLimiter::new(limiter, Duration::from_secs(5));
/// ```
pub struct PatientRateLimiter<L> {
    limiter: L,
    patience: Duration,
    lines: Mutex<HashMap<Whose, Weak<Line<()>>>>,
}

/// Whose calls stand in one line.
type Whose = (TenantId, Vec<LimitKey>);

impl<L: RateLimiter> PatientRateLimiter<L> {
    /// Lets charges to a limiter wait this long.
    pub fn new(limiter: L, patience: Duration) -> Self {
        Self { limiter, patience, lines: Mutex::default() }
    }

    fn line(&self, tenant: TenantId, limits: &[Limit]) -> Arc<Line<()>> {
        let whose = (tenant, limits.iter().map(|limit| limit.key().clone()).collect());
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&whose).and_then(Weak::upgrade) {
            return line;
        }
        // Lines where nobody stands go when the map would have to grow for them.
        if lines.len() == lines.capacity() {
            lines.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Line::new(()));
        lines.insert(whose, Arc::downgrade(&line));
        line
    }

    /// Asks until it is admitted, or cannot be in time.
    async fn first_in_line(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
        until: Instant,
    ) -> Result<Decision, Error> {
        loop {
            let decision = self.limiter.decide(tenant, limits, call).await?;
            match decision.retry_after() {
                Some(wait) if Instant::now() + wait <= until => sleep(wait).await,
                _ => return Ok(decision),
            }
        }
    }
}

#[async_trait]
impl<L: RateLimiter> RateLimiter for PatientRateLimiter<L> {
    /// Decides a call; a charge waits for its turn.
    ///
    /// # Errors
    ///
    /// Those of the limiter, and [`ErrorKind::Overloaded`] for a charge that would be admitted
    /// when its time is over, but for those before it.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves the line. It may have been charged.
    async fn decide(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        if call.operation() != Operation::Charge {
            return self.limiter.decide(tenant, limits, call).await;
        }
        call.validate(limits)?;
        let until = Instant::now() + self.patience;
        let line = self.line(tenant, limits);
        if let Ok(_first) = timeout_at(until, line.lock()).await {
            return self.first_in_line(tenant, limits, call, until).await;
        }
        let decision = self.limiter.decide(tenant, limits, Call::peek(call.cost())).await?;
        if decision.is_allowed() {
            let message = "wait for a rate limit: others came first";
            return Err(Error::new(ErrorKind::Overloaded, message));
        }
        Ok(decision)
    }
}

impl<L: fmt::Debug> fmt::Debug for PatientRateLimiter<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientRateLimiter")
            .field("limiter", &self.limiter)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
