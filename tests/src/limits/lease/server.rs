//! The place of the book, and what becomes of it when a rule is left out.

use tenancy_core::limit::TokenBucket;
use tenancy_core::limit::lease::{Lease, LeaseBook, LeaseGrant, LeaseRequest, LeaseTerms};

/// The rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Without {
    Nothing,
    /// A node spends before it was granted anything.
    DeductingFirst,
    /// What is leased leaves room for the refill.
    CappedRefill,
    /// A lease that ended goes back into the bucket.
    SpentWhenEnded,
    /// What arrives late or twice is done again.
    Fencing,
    /// The time of a lease counts from when the answer came.
    TimeFromSending,
    /// A node's clock stands still while it sleeps.
    TimeInSleep,
    /// A node trusts its clock to the microsecond.
    Margin,
    /// All leases that ended are dropped first, then the time since is refilled.
    TimeInOrder,
    /// A server that is behind goes on as if nothing were missing.
    Restart,
}

pub(super) struct Server {
    pub(super) without: Without,
    pub(super) bucket: TokenBucket,
    pub(super) terms: LeaseTerms,
    pub(super) book: LeaseBook,
    /// What a replica has: the book of some time ago.
    replica: LeaseBook,
}

impl Server {
    pub(super) fn new(without: Without, bucket: TokenBucket, terms: LeaseTerms) -> Self {
        let book = LeaseBook::full(bucket, 0);
        Self { without, bucket, terms, replica: book.clone(), book }
    }

    pub(super) fn renew(&mut self, now: i64, mut request: LeaseRequest) -> Option<LeaseGrant> {
        match self.without {
            Without::CappedRefill => return self.renew_uncapped(now, &request),
            Without::SpentWhenEnded => {
                let leases = self.book.leases().iter();
                let ended: u32 = leases.filter(|l| l.until <= now).map(|l| l.amount).sum();
                self.book.refresh(now, self.terms);
                let (free, at) = self.book.level();
                let token = self.units() / i64::from(self.bucket.burst().get());
                let free = free + i64::from(ended) * token;
                self.book = self.with(free.min(self.units()), at, self.book.leases().to_vec());
            }
            Without::TimeInOrder => {
                let mut leases = self.book.leases().to_vec();
                leases.iter_mut().filter(|lease| lease.until <= now).for_each(|l| l.amount = 0);
                let (free, at) = self.book.level();
                self.book = self.with(free, at, leases);
            }
            Without::Fencing => {
                let known = self.book.leases().iter().find(|l| l.holder == request.holder);
                if let Some(known) = known.filter(|lease| lease.number >= request.number) {
                    request.number = known.number + 1;
                }
            }
            _ => {}
        }
        self.book.renew(self.terms, now, &request)
    }

    /// The bucket fills to the brim whatever others hold.
    fn renew_uncapped(&mut self, now: i64, request: &LeaseRequest) -> Option<LeaseGrant> {
        let is_mine = |lease: &Lease| lease.holder == request.holder;
        let mut leases = self.book.leases().to_vec();
        leases.iter_mut().filter(|lease| lease.until <= now).for_each(|lease| lease.amount = 0);
        let none = leases.iter().map(|lease| Lease { amount: 0, ..*lease }).collect();
        let (free, at) = self.book.level();
        let mut filled = self.with(free, at, none);
        filled.refresh(now, self.terms);
        let (free, at) = filled.level();
        let mine = |l: &Lease| Lease { amount: if is_mine(l) { l.amount } else { 0 }, ..*l };
        let mut book = self.with(free, at, leases.iter().map(mine).collect());
        let grant = book.renew(self.terms, now, request);
        let others =
            |after: &Lease| leases.iter().find(|l| l.holder == after.holder && !is_mine(l));
        let after = book.leases().iter().map(|after| *others(after).unwrap_or(after)).collect();
        let (free, at) = book.level();
        self.book = self.with(free, at, after);
        grant
    }

    /// Copies to the replica what was done until now.
    pub(super) fn replicate(&mut self) {
        self.replica = self.book.clone();
    }

    /// The replica takes over; what was done since the last copy is lost.
    pub(super) fn fail_over(&mut self, now: i64) {
        self.book = if self.without == Without::Restart {
            self.replica.clone()
        } else {
            let length = i64::try_from(self.terms.length().as_micros()).expect("short");
            LeaseBook::restarted(self.bucket, now + length)
        };
        self.replicate();
    }

    fn with(&self, free: i64, at: i64, leases: Vec<Lease>) -> LeaseBook {
        LeaseBook::from_parts(self.bucket, free, at, leases)
    }

    /// The units of a full bucket.
    fn units(&self) -> i64 {
        LeaseBook::full(self.bucket, 0).level().0
    }
}
