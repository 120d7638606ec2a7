use tenancy_core::Error;

use super::Backend;
#[cfg(feature = "postgres")]
use super::postgres_route;
use crate::options::TenantDbOptions;

/// What a connection of ours is at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// One of its own, as far as could be seen.
    Direct,
    /// Whichever is free, for a transaction each: a pooler in transaction mode.
    SharesSessions,
    /// That, and the statements that clients prepare under a name get in each other's way.
    MixesStatements,
}

impl Route {
    /// Asks the server at an address; only Postgres has poolers that are looked for.
    pub(crate) async fn to(
        backend: Backend,
        url: &str,
        options: &TenantDbOptions,
    ) -> Result<Self, Error> {
        match backend {
            #[cfg(feature = "postgres")]
            Backend::Postgres => postgres_route::inspect(url, options).await,
            _ => {
                let _ = (url, options);
                Ok(Self::Direct)
            }
        }
    }
}
