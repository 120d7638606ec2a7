use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How fresh a replica is known to be, from asking it and its primary again and again.
#[derive(Debug, Default)]
pub(super) struct Freshness {
    /// When the primary was asked, and where it stood: those that the replica has not reached.
    ahead: VecDeque<(Instant, i64)>,
    /// It shows all that had been committed by then.
    covered: Option<Instant>,
}

impl Freshness {
    /// A replica so far behind is not used anyhow.
    const MOST: usize = 1_024;

    /// Learns where both stand. `asked` is a time before the primary was asked.
    pub(super) fn learn(&mut self, asked: Instant, written: i64, replayed: i64) {
        if self.ahead.len() < Self::MOST {
            self.ahead.push_back((asked, written));
        }
        while let Some((asked, _)) = self.ahead.pop_front_if(|(_, written)| *written <= replayed) {
            self.covered = Some(asked);
        }
    }

    /// Learns that nothing is known any more.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Tells whether a reader misses nothing that it must not miss: what was committed at
    /// `written`, and whatever is older than `lag`.
    pub(super) fn suffices(&self, written: Option<Instant>, now: Instant, lag: Duration) -> bool {
        self.covered.is_some_and(|covered| {
            written.is_none_or(|written| written < covered) && now <= covered + lag
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Duration = Duration::from_secs(5);

    fn at(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    #[test]
    fn it_shows_what_was_committed_before_a_position_it_has_reached() {
        let (mut freshness, start) = (Freshness::default(), Instant::now());
        let now = at(start, 400);
        assert!(!freshness.suffices(None, now, LAG), "nothing is known");
        freshness.learn(at(start, 100), 1_000, 900);
        assert!(!freshness.suffices(None, now, LAG), "it has never caught up");
        freshness.learn(at(start, 200), 1_500, 1_200);
        assert!(freshness.suffices(None, now, LAG));
        assert!(freshness.suffices(Some(at(start, 99)), now, LAG));
        assert!(!freshness.suffices(Some(at(start, 100)), now, LAG), "which came first?");
        assert!(!freshness.suffices(Some(at(start, 150)), now, LAG), "not reached");
        freshness.learn(at(start, 300), 1_500, 1_500);
        assert!(freshness.suffices(Some(at(start, 299)), now, LAG), "two positions at once");
        freshness.forget();
        assert!(!freshness.suffices(None, now, LAG));
    }

    #[test]
    fn one_that_stands_still_is_used_no_longer_than_its_lag() {
        let (mut freshness, start) = (Freshness::default(), Instant::now());
        freshness.learn(start, 1_000, 1_000);
        for milliseconds in (50..20_000).step_by(50) {
            freshness.learn(at(start, milliseconds), 2_000, 1_000);
            let is_fresh = freshness.suffices(None, at(start, milliseconds), LAG);
            assert_eq!(is_fresh, milliseconds <= 5_000, "{milliseconds}");
        }
        assert!(freshness.ahead.len() <= Freshness::MOST);
        freshness.learn(at(start, 20_000), 2_000, 2_000);
        assert!(freshness.suffices(Some(at(start, 19_000)), at(start, 20_010), LAG));
    }
}
