//! Signed tokens: keys, key sets that follow a JWKS, and the strategy that reads a bearer.

mod claims;
mod jwk;
mod jwks;
mod jwks_file;
mod jwks_source;
#[cfg(feature = "jwks-url")]
mod jwks_url;
mod key;
mod key_set;
mod refresh;
mod resolver;
mod verified;

pub use jwks::Jwks;
pub use jwks_file::JwksFile;
pub use jwks_source::JwksSource;
#[cfg(feature = "jwks-url")]
pub use jwks_url::JwksUrl;
pub use key::JwtKey;
pub use key_set::KeySet;
pub use resolver::JwtResolver;
