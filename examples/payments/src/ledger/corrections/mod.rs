//! Corrections: a mistake is answered by an entry that takes it back and one that says what is
//! right. One person asks for it, another one approves.

mod correction;
mod decide;
mod request;
pub(crate) mod routes;

pub(crate) use correction::Correction;
