//! The way across tenants: a value that somebody was given, for a purpose and a while.

mod authority;
#[expect(clippy::module_inception, reason = "the bypass is what this folder is about")]
mod bypass;
mod gate;
mod judge;
mod purpose;
mod reason;

pub use authority::BypassAuthority;
pub use bypass::Bypass;
pub use gate::BypassGate;
pub use judge::BypassJudge;
pub use purpose::BypassPurpose;
