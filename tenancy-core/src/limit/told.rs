//! What answers say of limits, and what of it stays the same from one answer to the next.

use std::cell::RefCell;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Decision, LimitName, LimitStatus, Period, Policy, decimal};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATUS: HeaderName = HeaderName::from_static("ratelimit");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// In the order in which they are told.
pub(super) static NAMES: [HeaderName; 6] = [POLICY, STATUS, LIMIT, REMAINING, RESET, RETRY_AFTER];

/// Room for these, and for what most answers say besides.
const ROOM: usize = 12;

/// Writes the fields of a decision.
pub(super) fn of(decision: &Decision) -> HeaderMap {
    // A thread that ends has no place any more to remember anything.
    LATELY
        .try_with(|lately| lately.borrow_mut().tell(decision))
        .unwrap_or_else(|_| Lately::new().tell(decision))
}

/// The limits that a thread has told of lately. Most answers are about one of a few sets: a plan,
/// and a class of routes. What these say besides what is left is written once.
struct Lately {
    sets: Vec<Limits>,
    /// Where the next set goes when there is no room.
    oldest: usize,
    text: Vec<u8>,
}

/// As many as are compared faster than one is written.
const SETS: usize = 8;

/// One set, in the order of its decision.
struct Limits {
    each: Vec<Head>,
    /// `ratelimit-policy`, and places for the rest but one: to copy a table takes less time than
    /// to fill one. A copy has room for no more than it holds, and doubles that for the next: so
    /// eight fit, which is what most answers have. Twice all five are over 1,000 bytes, and an
    /// allocator takes much longer for those.
    fields: HeaderMap,
    /// What each of them is.
    places: Vec<Place>,
}

#[derive(Clone, Copy)]
enum Place {
    Policies,
    Status,
    Limit,
    Remaining,
}

/// How a limit's item begins in `ratelimit`.
struct Head {
    name: LimitName,
    policy: Policy,
    text: Box<[u8]>,
}

thread_local! {
    static LATELY: RefCell<Lately> = const { RefCell::new(Lately::new()) };
}

impl Lately {
    const fn new() -> Self {
        Self { sets: Vec::new(), oldest: 0, text: Vec::new() }
    }

    fn tell(&mut self, decision: &Decision) -> HeaderMap {
        let found = self.sets.iter().position(|set| set.is_of(decision));
        let at = found.unwrap_or_else(|| self.add(Limits::of(decision)));
        let set = &self.sets[at];
        set.write_status(decision, &mut self.text);
        let binding = decision.binding();
        let mut fields = set.fields.clone();
        for (place, field) in set.places.iter().zip(fields.values_mut()) {
            *field = match place {
                Place::Policies => continue,
                Place::Status => value(&self.text),
                Place::Limit => number(binding.policy().n().get().into()),
                Place::Remaining => number(binding.remaining().into()),
            };
        }
        fields.insert(RESET, number(whole_seconds(binding.reset_after())));
        if let Some(wait) = decision.retry_after() {
            fields.insert(RETRY_AFTER, number(whole_seconds(wait).max(1)));
        }
        fields
    }

    fn add(&mut self, set: Limits) -> usize {
        if self.sets.len() < SETS {
            self.sets.push(set);
            return self.sets.len() - 1;
        }
        let at = self.oldest;
        self.oldest = (at + 1) % SETS;
        self.sets[at] = set;
        at
    }
}

impl Limits {
    fn of(decision: &Decision) -> Self {
        let (mut each, mut policies) = (Vec::new(), Vec::new());
        for (index, status) in told(decision).enumerate() {
            let (name, policy) = (status.name().clone(), status.policy());
            // An item of a list (RFC 9651, 3.1). A name needs no escape: see `LimitName`.
            let item = format!("{}\"{name}\"", if index == 0 { "" } else { ", " });
            policies.extend_from_slice(item.as_bytes());
            policies.extend_from_slice(parameters(policy).as_bytes());
            each.push(Head { name, policy, text: format!("{item};r=").into_bytes().into() });
        }
        let mut fields = HeaderMap::with_capacity(ROOM);
        fields.insert(POLICY, value(&policies));
        for name in [STATUS, LIMIT, REMAINING] {
            fields.insert(name, HeaderValue::from_static(""));
        }
        let place = |name: &HeaderName| match name.as_str() {
            "ratelimit" => Place::Status,
            "x-ratelimit-limit" => Place::Limit,
            "x-ratelimit-remaining" => Place::Remaining,
            _ => Place::Policies,
        };
        let places = fields.keys().map(place).collect();
        Self { each, fields, places }
    }

    /// Tells whether the decision is about these limits, in this order.
    fn is_of(&self, decision: &Decision) -> bool {
        let mut heads = self.each.iter();
        let all = told(decision).all(|status| {
            heads
                .next()
                .is_some_and(|head| head.policy == status.policy() && head.name == *status.name())
        });
        all && heads.next().is_none()
    }

    fn write_status(&self, decision: &Decision, text: &mut Vec<u8>) {
        text.clear();
        let mut heads = self.each.iter();
        told(decision).for_each(|status| {
            let head = heads.next().expect("there is one for each limit");
            text.extend_from_slice(&head.text);
            push_number(text, status.remaining().into());
            text.extend_from_slice(b";t=");
            push_number(text, whole_seconds(status.more_after()));
        });
    }
}

/// The limits that a client is told of.
fn told(decision: &Decision) -> impl Iterator<Item = &LimitStatus> {
    decision.limits().filter(|status| !status.is_shadow())
}

fn parameters(policy: Policy) -> String {
    let quota = format!(";q={}", policy.n());
    match policy {
        Policy::Concurrency(_) => quota + ";qu=\"concurrent-requests\"",
        Policy::Calendar(calendar) if calendar.period() == Period::Month => quota,
        _ if policy.window().subsec_nanos() == 0 => {
            format!("{quota};w={}", policy.window().as_secs())
        }
        _ => quota,
    }
}

fn value(text: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(text).expect("names of limits and numbers are visible ASCII")
}

/// Most numbers are there already, and cost no memory.
fn number(number: u64) -> HeaderValue {
    decimal::of(number).map_or_else(|| HeaderValue::from(number), HeaderValue::from_static)
}

fn push_number(text: &mut Vec<u8>, number: u64) {
    match decimal::of(number) {
        Some(digits) => text.extend_from_slice(digits.as_bytes()),
        None => text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
