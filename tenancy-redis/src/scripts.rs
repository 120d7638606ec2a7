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

/// Decides over sliding logs.
pub(crate) static SLIDING_LOG: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("sliding_log.lua")));

/// Adds to the counts of a month.
pub(crate) static RECORD_USAGE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("record_usage.lua")));

/// What a new connection loads.
pub(crate) fn all() -> [&'static Script; 2] {
    [&SLIDING_LOG, &RECORD_USAGE]
}
