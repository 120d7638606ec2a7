//! A decision as HTTP header fields.

use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue};

use super::{Decision, LimitName, LimitStatus, Period, Policy};

/// The name and the value of a header field.
pub type HeaderField = (HeaderName, HeaderValue);

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
    /// The first two follow `draft-ietf-httpapi-ratelimit-headers-11`. What is left rounds down,
    /// seconds round up, and `retry-after` is at least 1. A limit of how many run at once has the
    /// unit (`qu`) `concurrent-requests` and no window, nor has a month. Limits
    /// [in shadow](super::Limit::in_shadow) are left out, and without any other there are no fields.
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
    /// let fields: http::HeaderMap = decision.header_fields().collect();
    /// assert_eq!(fields["ratelimit-policy"], "\"tenant\";q=60;w=60");
    /// assert_eq!(fields["ratelimit"], "\"tenant\";r=59;t=60");
    /// # Ok::<(), tenancy_core::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn header_fields(&self) -> HeaderFields {
        let binding = self.binding();
        let mut values = Values { text: Vec::with_capacity(256), ends: [0; 6] };
        if binding.is_shadow() {
            return values.into_fields(0);
        }
        self.write_policies(&mut values);
        values.end(0);
        self.write_status(&mut values);
        values.end(1);
        values.number(binding.policy().n().get());
        values.end(2);
        values.number(binding.remaining());
        values.end(3);
        values.number(whole_seconds(binding.reset_after()));
        values.end(4);
        let retry_after = self.retry_after().map(|wait| whole_seconds(wait).max(1));
        if let Some(seconds) = retry_after {
            values.number(seconds);
            values.end(5);
        }
        values.into_fields(if retry_after.is_some() { 6 } else { 5 })
    }

    fn write_policies(&self, values: &mut Values) {
        for (index, status) in self.told().enumerate() {
            let policy = status.policy();
            values.item(index, status.name()).parameter(";q=", policy.n().get());
            match policy {
                Policy::Concurrency(_) => values.push(";qu=\"concurrent-requests\""),
                Policy::Calendar(calendar) if calendar.period() == Period::Month => {}
                _ if policy.window().subsec_nanos() == 0 => {
                    values.parameter(";w=", policy.window().as_secs());
                }
                _ => {}
            }
        }
    }

    fn write_status(&self, values: &mut Values) {
        for (index, status) in self.told().enumerate() {
            let more = whole_seconds(status.more_after());
            values.item(index, status.name()).parameter(";r=", status.remaining());
            values.parameter(";t=", more);
        }
    }

    /// The limits that a client is told of.
    fn told(&self) -> impl Iterator<Item = &LimitStatus> {
        self.limits().filter(|status| !status.is_shadow())
    }
}

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATUS: HeaderName = HeaderName::from_static("ratelimit");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

static NAMES: [HeaderName; 6] = [POLICY, STATUS, LIMIT, REMAINING, RESET, RETRY_AFTER];

/// All values of an answer in one piece of memory: every answer has them, and with `write!` and
/// an allocation each they cost more than the decision.
struct Values {
    text: Vec<u8>,
    /// Where each value ends.
    ends: [usize; 6],
}

/// The [header fields](Decision::header_fields) of a decision.
///
/// It is smaller than the decision, and owns what it tells.
#[derive(Debug, Clone)]
pub struct HeaderFields {
    text: Bytes,
    ends: [u16; 6],
    next: u8,
    count: u8,
}

impl Iterator for HeaderFields {
    type Item = HeaderField;

    fn next(&mut self) -> Option<HeaderField> {
        let at = usize::from(self.next);
        if self.next == self.count {
            return None;
        }
        self.next += 1;
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let value = self.text.slice(usize::from(from)..usize::from(self.ends[at]));
        let value = HeaderValue::from_maybe_shared(value);
        Some((NAMES[at].clone(), value.expect("names of limits and numbers are visible ASCII")))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.count - self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for HeaderFields {}

impl Values {
    fn end(&mut self, field: usize) {
        self.ends[field] = self.text.len();
    }

    fn into_fields(self, count: u8) -> HeaderFields {
        // 16 limits of 32 letters and their numbers are below 2,000 bytes.
        let ends = self.ends.map(|end| u16::try_from(end).unwrap_or(u16::MAX));
        HeaderFields { text: Bytes::from(self.text), ends, next: 0, count }
    }

    /// Begins an item of a list (RFC 9651, 3.1). A name needs no escape: see `LimitName`.
    #[inline]
    fn item(&mut self, index: usize, name: &LimitName) -> &mut Self {
        self.push(if index == 0 { "\"" } else { ", \"" });
        self.push(name.as_str());
        self.push("\"");
        self
    }

    #[inline]
    fn parameter(&mut self, name: &str, value: impl itoa::Integer) -> &mut Self {
        self.push(name);
        self.number(value);
        self
    }

    #[inline]
    fn number(&mut self, value: impl itoa::Integer) {
        self.push(itoa::Buffer::new().format(value));
    }

    #[inline]
    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
