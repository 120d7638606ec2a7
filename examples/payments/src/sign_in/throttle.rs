use std::num::NonZeroU32;
use std::time::Duration;

use kit::Network;
use tenancy_core::limit::{Call, ChargeId, Decision, Limit, LimitName, SlidingLog, TokenBucket};
use tenancy_core::{Error, Problem, TenantId};
use uuid::Uuid;

use crate::app::App;

/// Slows down who guesses: ten tries for an account, wherever it is tried, and a hundred wrong ones
/// from a network, whomever they are for, in fifteen minutes.
///
/// An address that has no account is counted alike, so that the limit tells nobody which exist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Throttle {
    account: SlidingLog,
    network: TokenBucket,
    /// Accounts are the platform's. No tenant has this id.
    platform: TenantId,
}

/// A try from a network. It stays counted unless it is [taken back](Throttle::take_back).
#[derive(Debug)]
#[must_use = "somebody who was right is not slowed down: take it back"]
pub(crate) struct Try {
    limit: Limit,
    id: ChargeId,
}

const TRIES: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
const TRIES_OF_NETWORK: NonZeroU32 = NonZeroU32::new(100).expect("a hundred is not zero");
const PER: Duration = Duration::from_mins(15);
const NAME: LimitName = LimitName::from_static("sign-in");
const NAME_OF_NETWORK: LimitName = LimitName::from_static("sign-in-network");
const PLATFORM: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_ffff);

impl Throttle {
    pub(crate) fn new() -> Result<Self, Error> {
        let account = SlidingLog::new(TRIES, PER)?;
        let network = TokenBucket::new(TRIES_OF_NETWORK, TRIES_OF_NETWORK, PER)?;
        Ok(Self { account, network, platform: TenantId::from_uuid(PLATFORM)? })
    }

    /// Counts a try for somebody.
    ///
    /// # Errors
    ///
    /// 429 `too_many_attempts` when there were too many.
    pub(crate) async fn admit(&self, app: &App, subject: impl AsRef<[u8]>) -> Result<(), Problem> {
        let limits = [self.limit(subject)];
        admitted(&app.limiter().check(self.platform, &limits, NonZeroU32::MIN).await?)
    }

    /// Counts a try from a network. Ask it before [`admit`](Self::admit): whoever tries too much
    /// locks nobody out of an account.
    ///
    /// # Errors
    ///
    /// 429 `too_many_attempts` when there were too many.
    pub(crate) async fn admit_from(&self, app: &App, network: Network) -> Result<Try, Problem> {
        let limit = Limit::new(NAME_OF_NETWORK, self.network).for_subject(network.as_bytes());
        let id = ChargeId::generate();
        let (limits, call) = ([limit.clone()], Call::charge(NonZeroU32::MIN).with_id(id));
        admitted(&app.limiter().decide(self.platform, &limits, call).await?)?;
        Ok(Try { limit, id })
    }

    /// Counts a try no more: it was right.
    pub(crate) async fn take_back(&self, app: &App, Try { limit, id }: Try) {
        let done = app.limiter().decide(self.platform, &[limit], Call::refund(id)).await;
        if let Err(error) = done {
            tracing::warn!(%error, "the try of somebody who was right stays counted");
        }
    }

    /// Forgets the tries of somebody who was right.
    pub(crate) async fn forget(&self, app: &App, subject: impl AsRef<[u8]>) {
        let limits = [self.limit(subject)];
        if let Err(error) = app.limiter().decide(self.platform, &limits, Call::reset()).await {
            tracing::warn!(%error, "the attempts of somebody who signed in stay counted");
        }
    }

    fn limit(&self, subject: impl AsRef<[u8]>) -> Limit {
        Limit::new(NAME, self.account).for_subject(subject)
    }
}

fn admitted(decision: &Decision) -> Result<(), Problem> {
    if decision.is_allowed() {
        return Ok(());
    }
    let problem = Problem::new(429, "too_many_attempts", "There were too many attempts");
    Err(match decision.retry_after() {
        Some(after) => problem.with_retry_after(after),
        None => problem,
    })
}
