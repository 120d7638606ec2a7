use std::num::NonZeroU32;
use std::time::Duration;

use tenancy_core::limit::{Call, Limit, LimitName, SlidingLog};
use tenancy_core::{Error, Problem, TenantId};
use uuid::Uuid;

use crate::app::App;

/// Slows down who guesses: ten tries for an account, wherever it is tried, in fifteen minutes.
///
/// An address that has no account is counted alike, so that the limit tells nobody which exist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Throttle {
    policy: SlidingLog,
    /// Accounts are the platform's. No tenant has this id.
    platform: TenantId,
}

const TRIES: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
const PER: Duration = Duration::from_mins(15);
const NAME: LimitName = LimitName::from_static("sign-in");
const PLATFORM: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_ffff);

impl Throttle {
    pub(crate) fn new() -> Result<Self, Error> {
        let policy = SlidingLog::new(TRIES, PER)?;
        Ok(Self { policy, platform: TenantId::from_uuid(PLATFORM)? })
    }

    /// Counts a try for somebody.
    ///
    /// # Errors
    ///
    /// 429 `too_many_attempts` when there were too many.
    pub(crate) async fn admit(&self, app: &App, subject: impl AsRef<[u8]>) -> Result<(), Problem> {
        let limits = [self.limit(subject)];
        let decision = app.limiter().check(self.platform, &limits, NonZeroU32::MIN).await?;
        if decision.is_allowed() {
            return Ok(());
        }
        let problem = Problem::new(429, "too_many_attempts", "There were too many attempts");
        Err(match decision.retry_after() {
            Some(after) => problem.with_retry_after(after),
            None => problem,
        })
    }

    /// Forgets the tries of somebody who was right.
    pub(crate) async fn forget(&self, app: &App, subject: impl AsRef<[u8]>) {
        let limits = [self.limit(subject)];
        if let Err(error) = app.limiter().decide(self.platform, &limits, Call::reset()).await {
            tracing::warn!(%error, "the attempts of somebody who signed in stay counted");
        }
    }

    fn limit(&self, subject: impl AsRef<[u8]>) -> Limit {
        Limit::new(NAME, self.policy).for_subject(subject)
    }
}
