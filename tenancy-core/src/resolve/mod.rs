//! Who is this request for: strategies read it, the chain looks up and cross-checks.
//!
//! A [`TenantResolver`] reads one source and never looks anything up. The [`ResolverChain`]
//! runs all of them and lets a request pass only when they agree.

mod api_key;
mod bearer;
mod chain;
mod claim;
pub(crate) mod client_addr;
mod domain;
mod envelope;
mod header;
mod heard;
#[cfg(feature = "jwt")]
mod jwt;
mod metrics;
mod path;
mod refused;
mod session;
mod subdomain;

pub use api_key::ApiKeyResolver;
pub use chain::{Resolution, ResolverChain};
pub use claim::{Claimed, TenantClaim, TenantResolver};
pub use client_addr::{PeerAddr, TrustedProxies};
pub use domain::DomainResolver;
pub use envelope::EnvelopeResolver;
pub use header::HeaderResolver;
#[cfg(feature = "jwks-url")]
pub use jwt::JwksUrl;
#[cfg(feature = "jwt")]
pub use jwt::{Jwks, JwksFile, JwksSource, JwtKey, JwtResolver, KeySet};
pub use path::PathResolver;
pub use refused::Refused;
pub use session::SessionResolver;
pub use subdomain::SubdomainResolver;
