//! Nouns, traits and in-memory versions of tenancy.

pub mod clock;
pub mod entity;
mod error;
mod id;
pub mod limit;
mod repository;
pub mod usage;

pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Error, ErrorKind};
pub use id::{TenantId, TenantSlug};
pub use repository::{Order, Page, Slice, TenantScoped};
