use std::time::Duration;

use time::OffsetDateTime;

use super::{Series, Usage};
use crate::Error;

/// Something that was used, told from outside, with an id by which a repeated one is known.
///
/// ```
/// use tenancy_core::usage::{Meter, UsageEvent};
/// use tenancy_core::{Clock, SystemClock};
///
/// let event = UsageEvent::new("evt_17", Meter::TRANSACTIONS.into(), 1, SystemClock.now())?;
/// assert_eq!(event.count(), 1);
/// assert!(UsageEvent::new("", Meter::TRANSACTIONS.into(), 1, SystemClock.now()).is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEvent {
    id: String,
    series: Series,
    count: u64,
    happened_at: OffsetDateTime,
}

impl UsageEvent {
    /// How long an id is known again: 35 days.
    pub const KEPT: Duration = Duration::from_hours(35 * 24);

    /// The longest id, in bytes.
    pub const MAX_ID: usize = 100;

    /// Describes an event; ids are unique for a tenant and a meter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for an id that is not 1 to 100 bytes of
    /// printable ASCII without spaces, and for a count above [`Usage::MAX_COUNT`].
    pub fn new(
        id: &str,
        series: Series,
        count: u64,
        happened_at: OffsetDateTime,
    ) -> Result<Self, Error> {
        let printable = id.bytes().all(|byte| byte.is_ascii_graphic());
        if id.is_empty() || id.len() > Self::MAX_ID || !printable {
            let message = "read an event: an id of 1 to 100 printable ASCII characters is needed";
            return Err(Error::invalid("id", message));
        }
        if count > Usage::MAX_COUNT {
            return Err(Error::invalid("count", "read an event: the count is above 2^63-1"));
        }
        Ok(Self { id: id.to_owned(), series, count, happened_at })
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what was used.
    pub const fn series(&self) -> &Series {
        &self.series
    }

    /// Returns how much.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns when.
    pub const fn happened_at(&self) -> OffsetDateTime {
        self.happened_at
    }
}
