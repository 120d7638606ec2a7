use super::{Change, LimitKey, LimitName, Policy};
use crate::{Actor, Error};

/// A limit of one tenant: what is counted, and how much of it is admitted.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::{Limit, LimitName, SlidingLog};
///
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let limits = [
///     Limit::new(LimitName::TENANT, SlidingLog::per_minute(n(300))),
///     Limit::new(LimitName::PRINCIPAL, SlidingLog::per_minute(n(60))).for_subject("user_17"),
/// ];
/// # assert!(Limit::validate(&limits).is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    key: LimitKey,
    policy: Policy,
    change: Change,
    is_shadow: bool,
}

impl Limit {
    /// The most limits of one decision.
    pub const MAX_PER_DECISION: usize = 16;

    /// Makes a limit over the whole tenant.
    pub fn new(name: LimitName, policy: impl Into<Policy>) -> Self {
        let key = LimitKey::whole_tenant(name);
        Self { key, policy: policy.into(), change: Change::AsIs, is_shadow: false }
    }

    /// Makes it a limit of one subject of the tenant: a user, an API key, a class of routes.
    pub fn for_subject(mut self, subject: impl AsRef<[u8]>) -> Self {
        self.key.set_subject(&[subject.as_ref()]);
        self
    }

    /// Makes it a limit of one actor: the subject is its kind, a colon and its id.
    pub fn for_actor(mut self, actor: &Actor) -> Self {
        self.key.set_subject(&[actor.kind().as_str(), ":", actor.id()].map(str::as_bytes));
        self
    }

    /// Returns the name.
    pub const fn name(&self) -> &LimitName {
        self.key.name()
    }

    /// Returns what is counted.
    pub const fn key(&self) -> &LimitKey {
        &self.key
    }

    /// Returns how much is admitted.
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// Returns what becomes of what was used when the policy changes.
    pub const fn change(&self) -> Change {
        self.change
    }

    /// Tells whether it refuses nothing.
    pub const fn is_shadow(&self) -> bool {
        self.is_shadow
    }

    /// Replaces the policy, and keeps what is counted.
    pub fn with_policy(self, policy: impl Into<Policy>) -> Self {
        Self { policy: policy.into(), ..self }
    }

    /// Says what becomes of what was used when the policy is not the one of the charge before.
    pub fn on_change(self, change: Change) -> Self {
        Self { change, ..self }
    }

    /// Lets the limit count and be read, and refuse nothing: to see whom a new limit would hit.
    ///
    /// It is charged what it would have admitted. Its status tells whether it
    /// [would](super::LimitStatus::is_admitting) admit a call; header fields leave it out.
    pub fn in_shadow(self) -> Self {
        Self { is_shadow: true, ..self }
    }

    /// Checks the limits of one decision: there is one, there are not too many, and no two
    /// count the same thing. Every [`RateLimiter`](super::RateLimiter) begins with it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when one of these does not hold.
    pub fn validate(limits: &[Self]) -> Result<(), Error> {
        if limits.is_empty() {
            return Err(Error::invalid("limits", "check limits: at least one is needed"));
        }
        if limits.len() > Self::MAX_PER_DECISION {
            return Err(Error::invalid("limits", "check limits: at most 16 are decided at once"));
        }
        let twice = limits
            .iter()
            .enumerate()
            .any(|(index, limit)| limits[..index].iter().any(|earlier| earlier.key == limit.key));
        if twice {
            let message = "check limits: two of them have the same name and subject";
            return Err(Error::invalid("limits", message));
        }
        Ok(())
    }
}
