use std::fmt;

use async_trait::async_trait;

use crate::Error;

/// Where a JWKS document comes from.
///
/// # Write your own
///
/// ```
/// use async_trait::async_trait;
/// use tenancy_core::Error;
/// use tenancy_core::resolve::JwksSource;
///
/// /// Keys that are part of the program.
/// #[derive(Debug)]
/// struct BuiltIn;
///
/// #[async_trait]
/// impl JwksSource for BuiltIn {
///     async fn fetch(&self) -> Result<Vec<u8>, Error> {
///         Ok(br#"{ "keys": [] }"#.to_vec())
///     }
/// }
/// ```
#[async_trait]
pub trait JwksSource: fmt::Debug + Send + Sync + 'static {
    /// Fetches the document (RFC 7517, 5). What takes longer than ten seconds has failed.
    ///
    /// # Errors
    ///
    /// Any: the keys that are known stay for a while, and the next attempt follows.
    async fn fetch(&self) -> Result<Vec<u8>, Error>;
}
