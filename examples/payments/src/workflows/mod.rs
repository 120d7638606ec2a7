//! Workflows: which payments people have to agree to, how many of them, and for how long they are
//! asked.

pub(crate) mod approvals;
mod begin;
mod capabilities;
mod decide;
mod definition;
mod edit;
mod expire;
pub(crate) mod routes;
mod rules;
mod run;

pub(crate) use begin::{Needed, begin, needed};
pub(crate) use capabilities::CAPABILITIES;
pub(crate) use definition::{Definition, Version};
pub(crate) use expire::{expire_due, has_waiting};
pub(crate) use run::{Decision, Run};
