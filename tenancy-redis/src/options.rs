use std::time::Duration;

/// How long a [`RedisStore`](crate::RedisStore) waits.
///
/// ```
/// use std::time::Duration;
/// use tenancy_redis::RedisOptions;
///
/// let options = RedisOptions::new().deadline(Duration::from_millis(20));
/// ```
#[derive(Debug, Clone)]
pub struct RedisOptions {
    pub(crate) deadline: Duration,
    pub(crate) patience: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) retry_after: Duration,
    pub(crate) retry_after_at_most: Duration,
}

impl RedisOptions {
    /// Takes the defaults that each setter names.
    pub const fn new() -> Self {
        Self {
            deadline: Duration::from_millis(50),
            patience: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(1),
            retry_after: Duration::from_millis(100),
            retry_after_at_most: Duration::from_secs(1),
        }
    }

    /// The time a decision or a look at usage may take, everything included; 50 ms.
    ///
    /// Redis answers in well under one. Fifty is long enough for a slow network and short
    /// enough for a person.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The time a count may wait for Redis to come back, and then for its answer; 2 s each.
    ///
    /// Nobody waits for a count, so that it need not be lost over a short failure. Counts that
    /// wait are held in memory.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The time a new connection may take; 1 s. Nobody but the first callers waits for it, and
    /// they no longer than the deadline.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The pause before Redis is tried again after a failure, 100 ms, and what it may grow to,
    /// 1 s. It doubles with each failure, and is spread so that nodes do not try in step.
    pub const fn retry_after(mut self, first: Duration, at_most: Duration) -> Self {
        self.retry_after = first;
        self.retry_after_at_most = at_most;
        self
    }
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self::new()
    }
}
