use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use time::OffsetDateTime;

use super::Backoff;

/// Stops asking who does not answer, and tries again with a single call after a while.
///
/// ```
/// use kit::resilience::{Breaker, BreakerOptions, BreakerState};
/// use time::{Duration, OffsetDateTime};
///
/// let breaker = Breaker::new(BreakerOptions::new(2));
/// let now = OffsetDateTime::UNIX_EPOCH;
/// for _ in 0..2 {
///     breaker.enter(now).expect("it is closed").failed(now);
/// }
/// assert_eq!(breaker.state(now), BreakerState::Open);
/// assert!(breaker.enter(now).is_none());
///
/// let later = now + Duration::minutes(1);
/// breaker.enter(later).expect("one call tries").succeeded();
/// assert_eq!(breaker.state(later), BreakerState::Closed);
/// ```
#[derive(Debug, Clone)]
pub struct Breaker(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: BreakerOptions,
    state: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// When the last failures were, the oldest first.
    failures: VecDeque<OffsetDateTime>,
    open: Option<Open>,
    /// How often it has opened without being closed by a success.
    opened: u32,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    until: OffsetDateTime,
    is_tried: bool,
}

/// When a [`Breaker`] opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerOptions {
    failures: usize,
    within: Duration,
    pause: Backoff,
}

impl BreakerOptions {
    /// Opens after so many failures within a minute, for half a minute; each time that the single
    /// call fails, for twice as long, up to five minutes.
    pub const fn new(failures: usize) -> Self {
        let pause = Backoff::new(Duration::from_secs(30), Duration::from_mins(5));
        Self { failures, within: Duration::from_mins(1), pause }
    }

    /// Counts failures that are at most so far apart.
    pub const fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Stays open so long.
    pub const fn pause(self, pause: Backoff) -> Self {
        Self { pause, ..self }
    }
}

/// Whether a [`Breaker`] lets calls through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// It does.
    Closed,
    /// It does not.
    Open,
    /// It lets one through, to see.
    HalfOpen,
}

/// A call that was let through. Dropped without a verdict it says nothing about who was called.
#[derive(Debug)]
#[must_use = "the breaker learns from what is said of the call"]
pub struct Pass {
    breaker: Breaker,
    is_trial: bool,
    is_said: bool,
}

impl Breaker {
    /// A closed one.
    pub fn new(options: BreakerOptions) -> Self {
        Self(Arc::new(Inner { options, state: Mutex::default() }))
    }

    /// Lets a call through, or not.
    pub fn enter(&self, now: OffsetDateTime) -> Option<Pass> {
        let mut memory = self.memory();
        let is_trial = match &mut memory.open {
            None => false,
            Some(open) if now >= open.until && !open.is_tried => {
                open.is_tried = true;
                true
            }
            Some(_) => return None,
        };
        Some(Pass { breaker: self.clone(), is_trial, is_said: false })
    }

    /// Tells whether it lets calls through.
    pub fn state(&self, now: OffsetDateTime) -> BreakerState {
        match self.memory().open {
            None => BreakerState::Closed,
            Some(open) if now >= open.until => BreakerState::HalfOpen,
            Some(_) => BreakerState::Open,
        }
    }

    /// Tells whether [`enter`](Self::enter) would let a call through now.
    pub fn admits(&self, now: OffsetDateTime) -> bool {
        self.memory().open.is_none_or(|open| now >= open.until && !open.is_tried)
    }

    /// Returns until when it is open; `None` when it is closed.
    pub fn opened_until(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.memory().open.map(|open| open.until).filter(|until| *until > now)
    }

    /// Closes it and forgets all failures.
    pub fn reset(&self) {
        *self.memory() = Memory::default();
    }

    fn fail(&self, now: OffsetDateTime, is_trial: bool) {
        let options = &self.0.options;
        let mut memory = self.memory();
        if is_trial {
            return memory.open_for(options, now);
        }
        // One that was let through before it opened says nothing new.
        if memory.open.is_some() {
            return;
        }
        memory.failures.retain(|at| now - *at < options.within);
        memory.failures.push_back(now);
        if memory.failures.len() >= options.failures {
            memory.open_for(options, now);
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.state.lock().expect("no code panics while it holds this lock")
    }
}

impl Memory {
    fn open_for(&mut self, options: &BreakerOptions, now: OffsetDateTime) {
        let until = now + options.pause.longest(self.opened);
        self.opened = self.opened.saturating_add(1);
        self.open = Some(Open { until, is_tried: false });
        self.failures.clear();
    }
}

impl Pass {
    /// Who was called answered.
    pub fn succeeded(mut self) {
        self.is_said = true;
        if self.is_trial {
            self.breaker.reset();
        }
    }

    /// Who was called did not answer, or could not.
    pub fn failed(mut self, now: OffsetDateTime) {
        self.is_said = true;
        self.breaker.fail(now, self.is_trial);
    }
}

impl Drop for Pass {
    /// The next call tries in place of one that was given up.
    fn drop(&mut self) {
        if self.is_trial
            && !self.is_said
            && let Some(open) = &mut self.breaker.memory().open
        {
            open.is_tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration as Span;

    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn at(seconds: i64) -> OffsetDateTime {
        START + Span::seconds(seconds)
    }

    fn opened() -> Breaker {
        let breaker = Breaker::new(BreakerOptions::new(3));
        (0..3).for_each(|second| breaker.enter(at(second)).unwrap().failed(at(second)));
        breaker
    }

    #[test]
    fn it_opens_after_failures_that_are_close_and_not_otherwise() {
        let (close, far) = (opened(), Breaker::new(BreakerOptions::new(3)));
        (0..9).for_each(|n| far.enter(at(n * 30)).unwrap().failed(at(n * 30)));
        assert_eq!(close.state(at(2)), BreakerState::Open);
        assert_eq!(close.opened_until(at(2)), Some(at(32)));
        assert_eq!(far.state(at(240)), BreakerState::Closed, "two failures a minute are borne");
    }

    #[test]
    fn one_call_tries_and_its_failure_doubles_the_pause() {
        let breaker = opened();
        assert_eq!(breaker.state(at(32)), BreakerState::HalfOpen);
        let trial = breaker.enter(at(32)).unwrap();
        assert!(!breaker.admits(at(32)) && breaker.enter(at(32)).is_none(), "one at a time");
        trial.failed(at(33));
        assert_eq!(breaker.opened_until(at(33)), Some(at(93)), "a minute, after half of one");
        breaker.enter(at(93)).unwrap().succeeded();
        assert_eq!(breaker.state(at(93)), BreakerState::Closed);
        assert!(breaker.opened_until(at(93)).is_none());
    }

    #[test]
    fn a_trial_that_is_given_up_lets_the_next_one_try() {
        let breaker = opened();
        drop(breaker.enter(at(40)).unwrap());
        assert!(breaker.admits(at(40)));
        breaker.enter(at(40)).unwrap().succeeded();
        assert_eq!(breaker.state(at(40)), BreakerState::Closed);
    }

    #[test]
    fn calls_from_before_it_opened_change_nothing() {
        let breaker = Breaker::new(BreakerOptions::new(1));
        let (slow, slower) = (breaker.enter(START).unwrap(), breaker.enter(START).unwrap());
        breaker.enter(START).unwrap().failed(START);
        slow.failed(at(20));
        assert_eq!(breaker.opened_until(at(20)), Some(at(30)));
        slower.succeeded();
        assert_eq!(breaker.state(at(20)), BreakerState::Open);
    }

    #[test]
    fn a_clock_that_steps_back_opens_nothing_for_ever() {
        let breaker = opened();
        assert_eq!(breaker.state(at(-100)), BreakerState::Open);
        assert_eq!(breaker.state(at(32)), BreakerState::HalfOpen);
        breaker.reset();
        assert_eq!(breaker.state(at(-100)), BreakerState::Closed);
    }
}
