//! A decision as HTTP header fields.

use std::mem;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Decision;
use super::told::{self, NAMES};

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
        let fields = if self.binding().is_shadow() { HeaderMap::new() } else { told::of(self) };
        HeaderFields { fields, next: 0 }
    }
}

/// The [header fields](Decision::header_fields) of a decision.
///
/// It is smaller than the decision, and owns what it tells.
#[derive(Debug, Clone)]
pub struct HeaderFields {
    /// Those that are not taken yet.
    fields: HeaderMap,
    /// Where the next one is among the names.
    next: usize,
}

/// So many header fields of an answer are sooner put beside these than these beside them.
const FEW: usize = 4;

impl HeaderFields {
    /// Sets the fields of an answer; what it says under their names already is replaced.
    ///
    /// It is `headers.extend(fields)`, in less time.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use std::sync::Arc;
    /// use http::HeaderMap;
    /// use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog};
    /// use tenancy_core::{ManualClock, TenantId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let limiter = MemoryRateLimiter::new(Arc::new(ManualClock::at_unix(1_700_000_000)));
    /// let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(NonZeroU32::MIN))];
    /// let decision = limiter.check(TenantId::generate(), &limits, NonZeroU32::MIN).await?;
    ///
    /// let mut answer = HeaderMap::new();
    /// answer.insert("x-ratelimit-limit", "9".parse().unwrap());
    /// decision.header_fields().set(&mut answer);
    /// assert_eq!(answer["x-ratelimit-limit"], "1");
    /// # Ok::<(), tenancy_core::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set(self, headers: &mut HeaderMap) {
        if headers.len() > FEW {
            return headers.extend(self.fields);
        }
        // What an answer says besides is less: it moves, and these need no new room.
        let said = mem::replace(headers, self.fields);
        let mut kept = None;
        for (name, value) in said {
            if let Some(name) = name {
                let is_told = NAMES.contains(&name) && headers.contains_key(&name);
                kept = (!is_told).then_some(name);
            }
            // No name: one more value of the last.
            if let Some(name) = &kept {
                headers.append(name.clone(), value);
            }
        }
    }
}

impl Iterator for HeaderFields {
    type Item = HeaderField;

    fn next(&mut self) -> Option<HeaderField> {
        let rest = NAMES.iter().skip(self.next);
        for name in rest {
            self.next += 1;
            if let Some(value) = self.fields.remove(name) {
                return Some((name.clone(), value));
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.fields.len();
        (left, Some(left))
    }
}

impl ExactSizeIterator for HeaderFields {}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;

    use super::*;
    use crate::limit::{Call, Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog};
    use crate::{ManualClock, TenantId};

    fn decisions() -> Vec<Decision> {
        let limiter = MemoryRateLimiter::new(Arc::new(ManualClock::at_unix(1_700_000_000)));
        let (one, two) = (NonZeroU32::MIN, NonZeroU32::MIN.saturating_add(1));
        let each = [TenantId::generate(), TenantId::generate()].into_iter().flat_map(|tenant| {
            let limits = [
                Limit::new(LimitName::TENANT, SlidingLog::per_hour(two)),
                Limit::new(LimitName::PRINCIPAL, SlidingLog::per_minute(one)),
            ];
            // The second is refused.
            [1, 2].map(|_| limiter.try_local(tenant, &limits, one).unwrap().unwrap())
        });
        each.collect()
    }

    #[test]
    fn they_are_set_as_if_they_were_put_in_one_by_one() {
        for (number, decision) in decisions().into_iter().enumerate() {
            assert_eq!(decision.is_allowed(), number % 2 == 0);
            for others in 0..8 {
                let mut said = HeaderMap::new();
                said.insert("content-type", HeaderValue::from_static("text/plain"));
                for name in ["ratelimit", "retry-after"] {
                    said.append(name, HeaderValue::from_static("the handler's"));
                    said.append(name, HeaderValue::from_static("and once more"));
                }
                for other in 0..others {
                    said.append("set-cookie", HeaderValue::from(other));
                    let name = HeaderName::try_from(format!("x-other-{other}")).unwrap();
                    said.insert(name, HeaderValue::from(other));
                }
                let mut one_by_one = said.clone();
                for (name, value) in decision.header_fields() {
                    one_by_one.insert(name, value);
                }
                decision.header_fields().set(&mut said);
                assert_eq!(said, one_by_one);
                let is_told = decision.retry_after().is_some();
                assert_eq!(said["retry-after"] != "the handler's", is_told);
            }
        }
    }

    #[test]
    fn limits_that_were_told_before_are_told_as_they_are_now() {
        let limiter = MemoryRateLimiter::new(Arc::new(ManualClock::at_unix(1_700_000_000)));
        let tenants = [TenantId::generate(), TenantId::generate()];
        // More sets of limits than a thread remembers, each twice, by turns.
        for _ in 0..2 {
            for n in 20..40 {
                for (name, tenant) in ["reports", "exports"].into_iter().zip(tenants) {
                    let per_minute = SlidingLog::per_minute(NonZeroU32::new(n).unwrap());
                    let limit = Limit::new(LimitName::parse(name).unwrap(), per_minute);
                    let call = Call::charge(NonZeroU32::MIN);
                    let decided = limiter.try_local(tenant, &[limit], call.cost());
                    let decision = decided.unwrap().unwrap();
                    let told: HeaderMap = decision.header_fields().collect();
                    let left = decision.binding().remaining();
                    assert_eq!(told["ratelimit-policy"], format!("\"{name}\";q={n};w=60"));
                    assert_eq!(told["ratelimit"], format!("\"{name}\";r={left};t=60"));
                    assert_eq!(told["x-ratelimit-limit"], n.to_string());
                    assert_eq!(told["x-ratelimit-remaining"], left.to_string());
                }
            }
        }
    }
}
