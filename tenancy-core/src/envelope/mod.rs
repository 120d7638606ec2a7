//! A tenant's context on its way to another process: sealed, bound to one purpose, expiring.
//!
//! A job, or a call to another service of ours, runs where the context of whoever asked for it
//! is not. It takes an [`Envelope`] along: who it is for and who acts, sealed with a key that
//! only our services have. What comes without one, or with one that was altered, has expired or
//! was made for something else, is refused.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use tenancy_core::{EnvelopeKey, EnvelopeKeys, ErrorKind, TenantContext};
//! # use tenancy_core::{MemoryDirectory, PlanCatalogue, Tenant, TenantId, TenantSlug};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
//! # let directory = MemoryDirectory::new();
//! # let plan = PlanCatalogue::example().plan("starter")?;
//! # let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan);
//! # let context = TenantContext::for_program(Arc::new(tenant.clone()));
//! # directory.insert(tenant)?;
//! let key = EnvelopeKey::new("2026-11", b"a secret of thirty-two bytes, or more")?;
//! let keys = EnvelopeKeys::new(key, [])?;
//!
//! // Where the job is made, inside of a request:
//! let payload = br#"{"invoice":"inv_17"}"#;
//! let envelope = keys.seal(&context, "invoices", payload, Duration::from_secs(3_600))?;
//!
//! // Where it runs:
//! let opened = keys.open(envelope.as_str(), "invoices", payload)?;
//! let context = opened.for_writing(&directory).await?;
//! context.scope(async { /* the job */ }).await;
//!
//! // Not for another job, and not without one:
//! let moved = keys.open(envelope.as_str(), "invoices", br#"{"invoice":"inv_18"}"#);
//! assert_eq!(moved.unwrap_err().kind(), ErrorKind::CredentialInvalid);
//! let missing = keys.open(None, "invoices", payload);
//! assert_eq!(missing.unwrap_err().kind(), ErrorKind::CredentialRequired);
//! # Ok(()) }
//! ```
//!
//! # Retries, schedules, batches
//!
//! An envelope may be opened any number of times until it expires: a retry brings the same one.
//! That a job which comes twice does its work once is up to the job. A schedule that outlives
//! its envelope renews it in time, see [`EnvelopeKeys::renew`]; each part of a batch has its own.

mod contents;
mod key;
mod keys;
mod open;
mod opened;
mod seal;
mod sealed;

pub(crate) use contents::Proof;
pub use key::EnvelopeKey;
pub use keys::EnvelopeKeys;
pub use opened::Opened;
pub use sealed::Envelope;
