use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use jiff::tz::TimeZone;

use crate::Error;

/// A time zone, by its name in the IANA database: what a tenant's day begins by.
///
/// It is as cheap to copy as a reference: a zone that was read once stays in memory. There are
/// some six hundred, and no other name is kept.
///
/// ```
/// use tenancy_core::limit::Zone;
///
/// let amsterdam = Zone::parse("Europe/Amsterdam")?;
/// assert_eq!(amsterdam.name(), "Europe/Amsterdam");
/// assert!(Zone::parse("Europe/Atlantis").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Zone(Option<&'static Known>);

struct Known {
    name: Box<str>,
    rules: TimeZone,
}

static KNOWN: LazyLock<Mutex<HashMap<Box<str>, &'static Known>>> = LazyLock::new(Mutex::default);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(None);

    /// Reads the name of a zone, in the spelling of the database.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when there is no such zone.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if name == "UTC" {
            return Ok(Self::UTC);
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = known.get(name) {
            return Ok(Self(Some(zone)));
        }
        let unknown = || {
            Error::invalid("zone", "read a time zone: a name such as Europe/Amsterdam is expected")
        };
        let rules = TimeZone::get(name).map_err(|source| unknown().with_source(source))?;
        // The database finds names in any case: each would be kept.
        if rules.iana_name() != Some(name) {
            return Err(unknown());
        }
        let zone: &'static Known = Box::leak(Box::new(Known { name: name.into(), rules }));
        known.insert(name.into(), zone);
        Ok(Self(Some(zone)))
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        self.0.map_or("UTC", |known| &known.name)
    }

    pub(super) fn rules(self) -> &'static TimeZone {
        static UTC: TimeZone = TimeZone::UTC;
        self.0.map_or(&UTC, |known| &known.rules)
    }

    pub(super) const fn is_utc(self) -> bool {
        self.0.is_none()
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Known {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}
