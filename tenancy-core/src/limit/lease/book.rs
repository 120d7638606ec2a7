use super::{Holder, LeaseGrant, LeaseRequest, LeaseTerms};
use crate::limit::TokenBucket;

/// The shared side of a leased limit: what is in the bucket, and who took how much out.
///
/// What is in it and what is leased are together never more than the burst. A server that keeps
/// books must give the same answers.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::limit::TokenBucket;
/// use tenancy_core::limit::lease::{Holder, LeaseBook, LeaseRequest, LeaseTerms};
///
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let bucket = TokenBucket::per_second(n(1_000), n(10))?;
/// let mut book = LeaseBook::full(bucket, 0);
/// let (a, b) = (Holder::from_number(1), Holder::from_number(2));
/// let ask = |holder, number, back, want| LeaseRequest {
///     holder, number, keep: 0, back, least: 1, need: 1, want,
/// };
///
/// let terms = LeaseTerms::DEFAULT;
/// let grant = book.renew(terms, 0, &ask(a, 1, 0, 100)).expect("it is new");
/// assert_eq!((grant.granted, grant.free), (100, 900));
/// assert_eq!(book.renew(terms, 0, &ask(b, 1, 0, 800)).expect("new").granted, 125);
/// // A lease is settled once, whatever arrives again.
/// let settled = book.renew(terms, 0, &ask(a, 2, 60, 1)).expect("it is new");
/// assert_eq!(book.renew(terms, 0, &ask(a, 2, 60, 1)), Some(settled));
/// assert_eq!(book.renew(terms, 0, &ask(a, 1, 0, 100)), None);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseBook {
    bucket: TokenBucket,
    /// What is in the bucket, in its units.
    free: i64,
    /// When that much was in it. It lies ahead while a bucket that was lost does not refill.
    at: i64,
    leases: Vec<Lease>,
}

/// A lease, as a book has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it.
    pub holder: Holder,
    /// The number of the last request that was new.
    pub number: u64,
    /// The most that the holder can still spend.
    pub amount: u32,
    /// How much of it came with the last request.
    pub granted: u32,
    /// When it ends, in microseconds. Its number is remembered for another length.
    pub until: i64,
}

/// What one holder may have is a fair part of this part of the burst.
const HELD_AT_MOST: u32 = 4;
/// With fewer tokens for each holder nobody takes any ahead.
const FEW_EACH: u32 = 10;

impl LeaseBook {
    /// The most holders of one limit at once; the next one gets nothing until one of them is gone.
    pub const MAX_HOLDERS: usize = 256;

    /// Opens the book of a limit that was never used.
    pub const fn full(bucket: TokenBucket, now: i64) -> Self {
        Self { bucket, free: bucket.full(), at: now, leases: Vec::new() }
    }

    /// Opens the book of a limit of which nobody knows what was used, for instance because its
    /// server was replaced by one that is behind.
    ///
    /// It is empty and begins to fill at `from`. When that is one lease's length after the last
    /// moment at which the lost book could have leased something, the envelope holds.
    pub const fn restarted(bucket: TokenBucket, from: i64) -> Self {
        Self { bucket, free: 0, at: from, leases: Vec::new() }
    }

    /// Puts a book together from its parts; for those who store books, and for tests.
    pub const fn from_parts(bucket: TokenBucket, free: i64, at: i64, leases: Vec<Lease>) -> Self {
        Self { bucket, free, at, leases }
    }

    /// Returns the bucket.
    pub const fn bucket(&self) -> TokenBucket {
        self.bucket
    }

    /// Returns what is in the bucket, in its smallest units, and when that was.
    pub const fn level(&self) -> (i64, i64) {
        (self.free, self.at)
    }

    /// Returns the leases, those that ended lately among them.
    pub fn leases(&self) -> &[Lease] {
        &self.leases
    }

    /// Settles the lease of a holder and grants it more; `None` when the request is older than
    /// one already answered. The last one that was answered is answered the same again while its
    /// lease lasts.
    ///
    /// `now` is in microseconds. When it goes back, it counts as the latest that was seen.
    pub fn renew(
        &mut self,
        terms: LeaseTerms,
        now: i64,
        request: &LeaseRequest,
    ) -> Option<LeaseGrant> {
        let asked_at = now;
        let now = now.max(self.at);
        self.refresh(now, terms);
        let place = self.leases.iter().position(|lease| lease.holder == request.holder);
        let had = match place.map(|place| self.leases[place]) {
            Some(lease) if request.number < lease.number => return None,
            Some(lease) if request.number == lease.number => {
                return (lease.until > now).then(|| self.repeat(&lease));
            }
            Some(lease) => lease.amount,
            None if !self.has_room(now) => {
                let wait = terms.length_micros();
                return Some(LeaseGrant { kept: 0, granted: 0, free: 0, wait });
            }
            None => 0,
        };
        let kept = request.keep.min(had);
        let place = place.unwrap_or_else(|| self.add(request.holder));
        self.leases[place].amount = kept;
        let back = i64::from(request.back.min(had - kept)) * self.bucket.token();
        // Leases of a larger bucket may still be more than this one holds.
        self.free = (self.free + back).min(self.most());
        let granted = self.grant(request, kept, now);
        self.free -= i64::from(granted) * self.bucket.token();
        self.leases[place] = Lease {
            holder: request.holder,
            number: request.number,
            amount: kept + granted,
            granted,
            // Who has nothing is not counted among those who share.
            until: if kept + granted > 0 { now + terms.length_micros() } else { now },
        };
        let wait = if granted < request.least {
            (now - asked_at).saturating_add(self.time_until(request.least))
        } else {
            0
        };
        Some(LeaseGrant { kept, granted, free: self.free_tokens(), wait })
    }

    /// Lets time pass: leases end in their order, and the bucket refills as far as it may.
    pub fn refresh(&mut self, now: i64, terms: LeaseTerms) {
        let mut ending: Vec<i64> =
            self.leases.iter().filter_map(|lease| lease.ends_by(now)).collect();
        ending.sort_unstable();
        for until in ending {
            self.refill(until);
            let ended = self.leases.iter_mut().filter(|lease| lease.until <= until);
            ended.for_each(|lease| lease.amount = 0);
        }
        self.refill(now);
        self.leases.retain(|lease| lease.until.saturating_add(terms.length_micros()) > now);
    }

    /// Continues under another bucket; what was used stays used, and a part of a token counts
    /// as one.
    ///
    /// Leases of the old one last as long as they do. So a lower limit holds after one length.
    pub fn follow(&mut self, bucket: TokenBucket, now: i64, terms: LeaseTerms) {
        if self.bucket == bucket {
            return;
        }
        self.refresh(now.max(self.at), terms);
        let used = (self.most() - self.free).max(0);
        let token = self.bucket.token();
        let used = used / token + i64::from(used % token > 0);
        self.bucket = bucket;
        let left = self.most() / bucket.token() - used;
        self.free = left.max(0) * bucket.token();
    }

    /// Tells whether it is the same as one that was never used.
    pub fn is_as_new(&self) -> bool {
        self.leases.is_empty() && self.free == self.bucket.full()
    }

    /// Makes room for one more holder, if there is none, by forgetting one whose lease ended. Then
    /// its last request may be answered once more, with a lease that nobody knows of.
    fn has_room(&mut self, now: i64) -> bool {
        if self.leases.len() < Self::MAX_HOLDERS {
            return true;
        }
        let ended = self.leases.iter().enumerate().filter(|(_, lease)| lease.until <= now);
        let oldest = ended.min_by_key(|(_, lease)| (lease.until, lease.holder));
        oldest.map(|(place, _)| place).map(|place| self.leases.remove(place)).is_some()
    }

    fn add(&mut self, holder: Holder) -> usize {
        self.leases.push(Lease { holder, number: 0, amount: 0, granted: 0, until: 0 });
        self.leases.len() - 1
    }

    fn refill(&mut self, now: i64) {
        if now <= self.at {
            return;
        }
        let (most, leak) = (self.most(), self.bucket.leak());
        let missing = most - self.free;
        if missing > 0 {
            let passed = now - self.at;
            self.free = if passed > missing / leak { most } else { self.free + passed * leak };
        }
        self.at = now;
    }

    /// The most that may be in the bucket beside what is leased.
    fn most(&self) -> i64 {
        let leased: i64 = self.leases.iter().map(|lease| i64::from(lease.amount)).sum();
        (self.bucket.full() - leased * self.bucket.token()).max(0)
    }

    fn grant(&self, request: &LeaseRequest, kept: u32, now: i64) -> u32 {
        let free = self.free_tokens();
        if free < request.least {
            return 0;
        }
        let others =
            self.leases.iter().filter(|lease| lease.until > now && lease.holder != request.holder);
        let holders = u32::try_from(others.count() + 1).unwrap_or(u32::MAX);
        let burst = self.bucket.burst().get();
        let fair = if burst / FEW_EACH < holders {
            0
        } else {
            (burst / HELD_AT_MOST / holders).saturating_sub(kept)
        };
        let ahead = request.want.min(fair).min(free / (2 * holders));
        request.need.min(free).max(ahead)
    }

    fn repeat(&self, lease: &Lease) -> LeaseGrant {
        let (kept, granted) = (lease.amount - lease.granted, lease.granted);
        LeaseGrant { kept, granted, free: self.free_tokens(), wait: 0 }
    }

    fn free_tokens(&self) -> u32 {
        u32::try_from(self.free / self.bucket.token()).unwrap_or(u32::MAX)
    }

    /// How long until so much is in the bucket, in microseconds.
    fn time_until(&self, tokens: u32) -> i64 {
        let missing = i64::from(tokens) * self.bucket.token() - self.free;
        let leak = self.bucket.leak();
        missing.max(0) / leak + i64::from(missing.max(0) % leak > 0)
    }
}

impl Lease {
    fn ends_by(&self, now: i64) -> Option<i64> {
        (self.until <= now && self.amount > 0).then_some(self.until)
    }
}
