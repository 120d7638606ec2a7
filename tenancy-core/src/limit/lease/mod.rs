//! Tokens taken ahead, so that a node decides without asking: never over, sometimes early.
//!
//! All nodes share one bucket. A node takes a block of its tokens for a short time, a lease, and
//! spends them by itself. Six rules keep all nodes together within the bucket's own envelope,
//! whatever is lost, repeated, late or stopped on the way:
//!
//! 1. a node spends only what was taken out of the bucket before;
//! 2. what is leased still counts as being in the bucket, so the refill stops earlier;
//! 3. a lease that ended is spent: only its holder gives tokens back, and stops using them first;
//! 4. a request that is older than one already answered changes nothing;
//! 5. a holder counts its time from before it asked, on a clock that runs while the machine
//!    sleeps, and stops a little early;
//! 6. time passes in order: each lease ends under the refill that was in force until then.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`LeasedRateLimiter`] | a limiter whose token buckets are decided in process |
//! | [`LeaseBooks`] | where the shared buckets are: [`MemoryLeaseBooks`], or a server |
//! | [`LeaseBook`], [`LeaseHold`] | both sides of the rules, without clock, lock and network |
//! | [`LeaseTerms`] | how long a lease is, and how often it is renewed |

mod book;
mod books;
mod hold;
mod holder;
mod keeper;
mod leased_rate_limiter;
mod memory;
mod message;
mod steady_clock;
mod tenant;
mod terms;
mod waiter;

pub use book::{Lease, LeaseBook};
pub use books::{LeaseAsk, LeaseBooks};
pub use hold::LeaseHold;
pub use holder::Holder;
pub use leased_rate_limiter::LeasedRateLimiter;
pub use memory::MemoryLeaseBooks;
pub use message::{LeaseGrant, LeaseRequest};
pub use steady_clock::{SteadyClock, SystemSteadyClock};
pub use terms::LeaseTerms;
