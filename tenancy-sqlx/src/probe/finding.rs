use std::fmt;

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Gravity {
    /// It happened: something of one tenant reached the other.
    Leak,
    /// The database's catalogue says that it may happen; it was not seen.
    Weakness,
    /// Something could not be tried, so that nothing is known about it.
    NotTried,
}

/// What stood alone in the way of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Hand {
    /// All layers, as an application has them.
    Together,
    /// The predicate of each statement: the database was told that it works for the other tenant.
    Predicate,
    /// The database: statements without a predicate.
    Database,
    /// The transaction of the library: what it leaves on a connection, and what of it counts.
    Connection,
}

/// One thing that a probe has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub(super) gravity: Gravity,
    pub(super) hand: Hand,
    pub(super) place: String,
    pub(super) what: String,
    pub(super) remedy: String,
    pub(super) times: usize,
}

impl Finding {
    pub(super) fn new(
        gravity: Gravity,
        hand: Hand,
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (place, what, remedy) = (place.into(), what.into(), remedy.into());
        Self { gravity, hand, place, what, remedy, times: 1 }
    }

    /// Returns how bad it is.
    pub const fn gravity(&self) -> Gravity {
        self.gravity
    }

    /// Returns what stood alone in the way.
    pub const fn hand(&self) -> Hand {
        self.hand
    }

    /// Returns where it is: a table, a view, a function, the database role, the connection.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Returns what happened, or may.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns what to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// Returns how many attempts came to it: of both tenants, for instance.
    pub const fn times(&self) -> usize {
        self.times
    }

    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.gravity, self.hand, &self.place, &self.what)
            == (other.gravity, other.hand, &other.place, &other.what)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gravity, hand, place, what, remedy, times } = self;
        write!(f, "{gravity}: {place}: {what} ({hand}")?;
        if *times > 1 {
            write!(f, ", {times} times")?;
        }
        write!(f, ")\n    {remedy}")
    }
}

impl fmt::Display for Gravity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leak => "leak",
            Self::Weakness => "weakness",
            Self::NotTried => "not tried",
        })
    }
}

impl fmt::Display for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Together => "all layers together",
            Self::Predicate => "the predicate alone",
            Self::Database => "the database alone",
            Self::Connection => "the connection",
        })
    }
}
