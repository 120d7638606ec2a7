use std::time::Duration;

/// How long a request may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a connection to the database.
    pub(crate) connection: Duration,
    /// For a provider of payments. It may have done what it does not tell in time.
    pub(crate) provider: Duration,
    /// For everything.
    pub(crate) request: Duration,
}

const PROVIDER: Duration = Duration::from_secs(2);

impl Patience {
    /// A server can be away, and its callers should hear so while it still matters to them. A
    /// request takes a connection twice, for its tenant and for its data.
    const SERVER: Self = Self {
        connection: Duration::from_secs(2),
        provider: PROVIDER,
        request: Duration::from_secs(5),
    };

    /// A file is never away. Writers stand in line for it, and the line moves.
    const FILE: Self = Self {
        connection: Duration::from_secs(15),
        provider: PROVIDER,
        request: Duration::from_secs(20),
    };

    /// Returns what suits a database.
    pub(crate) fn with(url: &str) -> Self {
        if url.starts_with("sqlite:") { Self::FILE } else { Self::SERVER }
    }

    /// Returns how long requests in flight may take once the program is told to stop.
    pub(crate) fn at_the_end(self) -> Duration {
        self.request + Duration::from_secs(1)
    }
}
