use std::time::Duration;

/// How long a request may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a connection to the database.
    pub(crate) connection: Duration,
    /// For everything.
    pub(crate) request: Duration,
}

impl Patience {
    /// A server can be away, and its callers should hear so while it still matters to them. A
    /// request takes a connection twice, for its tenant and for its data.
    const SERVER: Self =
        Self { connection: Duration::from_secs(2), request: Duration::from_secs(5) };

    /// A file is never away. Writers stand in line for it, and the line moves.
    const FILE: Self =
        Self { connection: Duration::from_secs(15), request: Duration::from_secs(20) };

    /// Returns what suits a database.
    pub(crate) fn with(url: &str) -> Self {
        if url.starts_with("sqlite:") { Self::FILE } else { Self::SERVER }
    }

    /// Returns how long requests in flight may take once the program is told to stop.
    pub(crate) fn at_the_end(self) -> Duration {
        self.request + Duration::from_secs(1)
    }
}
