//! The scripts, each in a file of its own whose head lists its keys and arguments.

use std::sync::LazyLock;

/// A script and the name Redis knows it by.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) text: &'static str,
    pub(crate) sha: String,
}

impl Script {
    fn new(text: &'static str) -> Self {
        Self { text, sha: redis::Script::new(text).get_hash().to_owned() }
    }
}

/// Decides calls over limits. It is one script; each shape is a file of it.
pub(crate) static LIMITS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("limiter/begin.lua"),
        include_str!("limiter/at_most.lua"),
        include_str!("limiter/token_bucket.lua"),
        include_str!("limiter/calendar.lua"),
        include_str!("limiter/sliding_log.lua"),
        include_str!("limiter/concurrency.lua"),
        include_str!("limiter/decide.lua"),
    ))
});

/// Adds to the counts of a month.
pub(crate) static RECORD_USAGE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("record_usage.lua")));

/// Adds what a batch counts to the counts of a month, once.
pub(crate) static DELIVER_USAGE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("deliver_usage.lua")));

/// Replaces the counts of a month by the truth.
pub(crate) static REBUILD_USAGE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("rebuild_usage.lua")));

/// Holds an amount of a quota.
pub(crate) static RESERVE_QUOTA: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("reserve_quota.lua")));

/// Ends a hold of a quota.
pub(crate) static END_QUOTA: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("end_quota.lua")));

/// Settles the leases of a holder, and grants it more.
pub(crate) static RENEW_LEASES: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("renew_leases.lua")));

/// Looks for a value of a cache, or lets a load begin.
pub(crate) static CACHE_BEGIN: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("cache_begin.lua")));

/// Keeps what was loaded for a cache.
pub(crate) static CACHE_FILL: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("cache_fill.lua")));

/// Puts a value into a cache.
pub(crate) static CACHE_PUT: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("cache_put.lua")));

/// What a new connection loads.
pub(crate) fn all() -> [&'static Script; 10] {
    [
        &LIMITS,
        &RECORD_USAGE,
        &DELIVER_USAGE,
        &REBUILD_USAGE,
        &RESERVE_QUOTA,
        &END_QUOTA,
        &RENEW_LEASES,
        &CACHE_BEGIN,
        &CACHE_FILL,
        &CACHE_PUT,
    ]
}
