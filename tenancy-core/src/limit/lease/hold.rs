use super::{Holder, LeaseGrant, LeaseRequest, LeaseTerms};
use crate::limit::TokenBucket;

/// A holder's side of a leased limit: what it may spend, and until when.
///
/// Times are microseconds of one [`SteadyClock`](super::SteadyClock).
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::TokenBucket;
/// use tenancy_core::limit::lease::{Holder, LeaseBook, LeaseHold, LeaseTerms};
///
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let (bucket, terms) = (TokenBucket::per_second(n(1_000), n(10))?, LeaseTerms::DEFAULT);
/// let mut hold = LeaseHold::new(Holder::generate(), 0);
/// let mut book = LeaseBook::full(bucket, 0);
/// assert!(!hold.spend(0, 1));
///
/// let request = hold.begin(terms, 0, (1, 1)).expect("none is under way");
/// hold.finish(bucket, terms, 400, request.number, book.renew(terms, 200, &request));
/// assert!(hold.spend(500, 1));
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LeaseHold {
    holder: Holder,
    left: u32,
    /// From then on nothing may be spent.
    deadline: i64,
    /// The number of the last request.
    number: u64,
    pending: Option<Pending>,
    /// It is time for more when as few are left.
    low: u32,
    denied: Option<Denied>,
    /// What was free for everybody at the last answer.
    free: u32,
    /// How much was asked for since then, and how much that is in a refresh.
    asked: u64,
    since: i64,
    want: u64,
}

#[derive(Debug, Clone, Copy)]
struct Pending {
    sent: i64,
    keep: u32,
    least: u32,
}

/// What the book had too little for, and until when it need not be asked again.
#[derive(Debug, Clone, Copy)]
struct Denied {
    cost: u32,
    until: i64,
}

impl LeaseHold {
    /// Holds nothing, as somebody who never held anything of this limit before.
    pub const fn new(holder: Holder, now: i64) -> Self {
        Self {
            holder,
            left: 0,
            deadline: i64::MIN,
            number: 0,
            pending: None,
            low: 0,
            denied: None,
            free: 0,
            asked: 0,
            since: now,
            want: 0,
        }
    }

    /// Returns how many tokens may be spent now.
    pub const fn left(&self, now: i64) -> u32 {
        if now < self.deadline { self.left } else { 0 }
    }

    /// Spends tokens, or none when there are too few.
    pub const fn spend(&mut self, now: i64, cost: u32) -> bool {
        let enough = self.left(now) >= cost;
        if enough {
            self.left -= cost;
        }
        enough
    }

    /// Takes back what was spent after the last request and was not used after all.
    ///
    /// `number` is the [`number`](Self::number) at that time: what was spent before a request is
    /// not in the lease that came of it.
    pub const fn unspend(&mut self, now: i64, cost: u32, number: u64) {
        if now < self.deadline && self.number == number {
            self.left = self.left.saturating_add(cost);
        }
    }

    /// Returns the number of the last request.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Notes that somebody asked for tokens, whether there were any or not.
    pub const fn ask(&mut self, cost: u32) {
        self.asked = self.asked.saturating_add(cost as u64);
    }

    /// Tells how long the book need not be asked for so many tokens; `None` when it may.
    pub fn denied_for(&self, now: i64, cost: u32) -> Option<i64> {
        let denied = self.denied.filter(|denied| cost >= denied.cost && now < denied.until)?;
        Some(denied.until - now)
    }

    /// Tells whether it is time to take more ahead.
    pub fn is_low(&self, now: i64) -> bool {
        self.low > 0
            && self.pending.is_none()
            && self.left(now) <= self.low
            && self.denied_for(now, 1).is_none()
    }

    /// Tells whether it is used and ends within half of its length.
    pub const fn is_ending(&self, terms: LeaseTerms, now: i64) -> bool {
        self.left(now) > 0 && self.deadline - now < terms.length_micros() / 2
    }

    /// Tells whether nothing is held, asked for or remembered.
    ///
    /// For as long as a lease it remembers who it was to the book.
    pub fn is_over(&self, now: i64) -> bool {
        now >= self.deadline && self.pending.is_none() && self.denied_for(now, u32::MAX).is_none()
    }

    /// Returns how many tokens are left here and were left for everybody: a hint.
    pub const fn known(&self, now: i64) -> u32 {
        self.left(now).saturating_add(self.free)
    }

    /// Begins a request; `None` while one is under way.
    ///
    /// `waiting` is what callers wait for: the first of them, and all together. When somebody
    /// waits, what is left here was too little: it goes back, so that it is missing nowhere else.
    pub fn begin(
        &mut self,
        terms: LeaseTerms,
        now: i64,
        waiting: (u32, u32),
    ) -> Option<LeaseRequest> {
        if self.pending.is_some() {
            return None;
        }
        self.left = self.left(now);
        let (least, need) = waiting;
        let back = if least > 0 { self.left } else { 0 };
        // From here on it is not used any more, whatever becomes of the request.
        self.left -= back;
        self.measure(terms, now);
        let want = u32::try_from(self.want).unwrap_or(u32::MAX).max(need);
        Some(self.send(now, LeaseRequest { back, least, need, want, ..self.nothing() }))
    }

    /// Begins to give everything back; `None` when there is nothing, or a request is under way.
    pub fn give_back(&mut self, now: i64) -> Option<LeaseRequest> {
        let back = self.left(now);
        if back == 0 || self.pending.is_some() {
            return None;
        }
        self.left = 0;
        self.low = 0;
        Some(self.send(now, LeaseRequest { back, ..self.nothing() }))
    }

    /// Takes the answer to a request; `None` is that of a book to which it was not new.
    pub fn finish(
        &mut self,
        bucket: TokenBucket,
        terms: LeaseTerms,
        now: i64,
        number: u64,
        grant: Option<LeaseGrant>,
    ) {
        // An answer to an earlier request, which was given up.
        if number != self.number {
            return;
        }
        let Some(pending) = self.pending.take() else { return };
        let too_little = match grant {
            Some(grant) => grant.granted < pending.least,
            None => pending.least > 0,
        };
        let wait = grant.map_or(0, |grant| grant.wait).max(shortest_wait(bucket, terms));
        let until = now.saturating_add(wait);
        self.denied = too_little.then_some(Denied { cost: pending.least, until });
        let Some(grant) = grant else { return };
        // What the book does not know of may have been granted to others.
        self.left = self.left.saturating_sub(pending.keep.saturating_sub(grant.kept));
        self.left = self.left.saturating_add(grant.granted);
        self.deadline = pending.sent.saturating_add(terms.usable_micros());
        self.free = grant.free;
        self.low = u32::try_from(u64::from(self.left) * 3 / 10).unwrap_or(u32::MAX);
    }

    /// Gives a request up. What was kept lasts as long as before; what was given back is gone.
    pub const fn lost(&mut self, number: u64) {
        if number == self.number {
            self.pending = None;
        }
    }

    const fn nothing(&self) -> LeaseRequest {
        LeaseRequest {
            holder: self.holder,
            number: self.number + 1,
            keep: self.left,
            back: 0,
            least: 0,
            need: 0,
            want: 0,
        }
    }

    fn send(&mut self, now: i64, request: LeaseRequest) -> LeaseRequest {
        self.number = request.number;
        self.pending = Some(Pending { sent: now, keep: request.keep, least: request.least });
        request
    }

    /// Measures how much is asked for in a refresh, half of it the latest.
    fn measure(&mut self, terms: LeaseTerms, now: i64) {
        let passed = u128::try_from((now - self.since).max(1)).unwrap_or(1);
        let refresh = u128::try_from(terms.refresh_micros()).unwrap_or(1);
        let latest = u128::from(self.asked) * refresh / passed;
        let latest = u64::try_from(latest).unwrap_or(u64::MAX);
        self.want = self.want / 2 + latest / 2 + (self.want % 2 + latest % 2).div_ceil(2);
        self.asked = 0;
        self.since = now;
    }
}

/// How long a book is left alone after it had too little: otherwise each token that comes would
/// cost a question of each node. The bucket must not be full before.
fn shortest_wait(bucket: TokenBucket, terms: LeaseTerms) -> i64 {
    let fills = i64::try_from(bucket.time_to_full().as_micros()).unwrap_or(i64::MAX);
    (terms.refresh_micros() / 4).min(fills / 4)
}
