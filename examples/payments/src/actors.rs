//! Who does something, as it is written down; and the rule of four eyes.

use tenancy_core::{Actor, Problem};

/// Returns what stands in a row for somebody: a kind and an id, no two people share it.
pub(crate) fn name_of(actor: &Actor) -> String {
    format!("{}:{}", actor.kind().as_str(), actor.id())
}

/// Whoever has asked for something does not decide about it.
pub(crate) fn maker_is_approver() -> Problem {
    Problem::new(403, "maker_is_approver", "Who has made it does not decide about it")
}
