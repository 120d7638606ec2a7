//! A decision as HTTP header fields.

use std::fmt::Write as _;
use std::time::Duration;

use super::Decision;

/// The name and the value of a header field.
pub type HeaderField = (&'static str, String);

impl Decision {
    /// Returns the header fields that tell a client where it stands. None of them names a tenant.
    ///
    /// | field | says |
    /// | --- | --- |
    /// | `ratelimit-policy` | each limit: how many (`q`) in how many seconds (`w`, when whole) |
    /// | `ratelimit` | each limit: how many are left (`r`), seconds until there are more (`t`) |
    /// | `x-ratelimit-limit`, `-remaining`, `-reset` | the [binding](Self::binding) limit: how many, how many left, seconds until all are back |
    /// | `retry-after` | seconds to wait; only when limited and waiting helps |
    ///
    /// The first two follow `draft-ietf-httpapi-ratelimit-headers-10`. What is left rounds down,
    /// seconds round up, and `retry-after` is at least 1.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use std::sync::Arc;
    /// use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog};
    /// use tenancy_core::{ManualClock, TenantId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let limiter = MemoryRateLimiter::new(Arc::new(ManualClock::at_unix(1_700_000_000)));
    /// let sixty = SlidingLog::per_minute(NonZeroU32::new(60).unwrap());
    /// let limits = [Limit::new(LimitName::TENANT, sixty)];
    ///
    /// let decision = limiter.check(TenantId::generate(), &limits, NonZeroU32::MIN).await?;
    /// let fields = decision.header_fields();
    /// assert_eq!(fields[0], ("ratelimit-policy", "\"tenant\";q=60;w=60".to_owned()));
    /// assert_eq!(fields[1], ("ratelimit", "\"tenant\";r=59;t=60".to_owned()));
    /// # Ok::<(), tenancy_core::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn header_fields(&self) -> Vec<HeaderField> {
        let binding = self.binding();
        let mut fields = vec![
            ("ratelimit-policy", self.policy_list()),
            ("ratelimit", self.status_list()),
            ("x-ratelimit-limit", binding.policy().n().to_string()),
            ("x-ratelimit-remaining", binding.remaining().to_string()),
            ("x-ratelimit-reset", whole_seconds(binding.reset_after()).to_string()),
        ];
        if let Some(wait) = self.retry_after() {
            fields.push(("retry-after", whole_seconds(wait).max(1).to_string()));
        }
        fields
    }

    fn policy_list(&self) -> String {
        let mut list = String::new();
        for status in self.limits() {
            let separator = if list.is_empty() { "" } else { ", " };
            let policy = status.policy();
            // Writing to a String does not fail. A name needs no escape: see `LimitName`.
            let _ = write!(list, "{separator}\"{}\";q={}", status.name(), policy.n());
            if policy.window().subsec_nanos() == 0 {
                let _ = write!(list, ";w={}", policy.window().as_secs());
            }
        }
        list
    }

    fn status_list(&self) -> String {
        let mut list = String::new();
        for status in self.limits() {
            let separator = if list.is_empty() { "" } else { ", " };
            let (left, more) = (status.remaining(), whole_seconds(status.more_after()));
            let _ = write!(list, "{separator}\"{}\";r={left};t={more}", status.name());
        }
        list
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
