use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// How long after an attempt the next one is made, as the specification recommends: ten attempts
/// in some three days.
pub const RETRIES: [Duration; 9] = [
    Duration::from_secs(5),
    MINUTE.saturating_mul(5),
    MINUTE.saturating_mul(30),
    HOUR.saturating_mul(2),
    HOUR.saturating_mul(5),
    HOUR.saturating_mul(10),
    HOUR.saturating_mul(14),
    HOUR.saturating_mul(20),
    HOUR.saturating_mul(24),
];

/// The longest a receiver may ask to be left alone.
const LONGEST: Duration = HOUR.saturating_mul(24);

/// Returns the wait after so many failed attempts, one or more; `None` when they are enough.
///
/// It is up to a tenth longer than the schedule says, so that those that failed together do not come
/// back together, and never shorter than the receiver asked for.
pub(super) fn wait(failed: usize, retry_after: Option<Duration>) -> Option<Duration> {
    let planned = jittered(*RETRIES.get(failed.checked_sub(1)?)?);
    Some(retry_after.map_or(planned, |asked| planned.max(asked.min(LONGEST))))
}

fn jittered(wait: Duration) -> Duration {
    let chance = getrandom::u32().unwrap_or_default();
    wait + wait.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_in_three_days_and_then_none() {
        for (failed, planned) in (1..).zip(RETRIES) {
            for _ in 0..50 {
                let wait = wait(failed, None).unwrap();
                assert!((planned..=planned.mul_f64(1.1)).contains(&wait), "{failed}: {wait:?}");
            }
        }
        assert_eq!((wait(0, None), wait(10, None), wait(99, Some(HOUR))), (None, None, None));
        let all: Duration = RETRIES.iter().sum();
        assert_eq!(all, Duration::from_secs(5) + 35 * MINUTE + 75 * HOUR);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_ever() {
        assert_eq!(wait(1, Some(HOUR)), Some(HOUR));
        assert_eq!(wait(1, Some(HOUR * 1_000)), Some(LONGEST));
        assert!(wait(5, Some(MINUTE)).unwrap() >= HOUR * 5);
    }
}
