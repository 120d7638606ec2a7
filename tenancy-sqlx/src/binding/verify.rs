use tenancy_core::{Error, ErrorKind};

use super::Binding;
use crate::backend::{Backend, Route};
use crate::options::TenantDbOptions;

/// Refuses a binding that the database does not have.
pub(crate) fn verify_options(options: &TenantDbOptions, backend: Backend) -> Result<(), Error> {
    let fault = match options.binding {
        Binding::Session if backend != Backend::Postgres => {
            "only Postgres has a session that guards: take .binding(Binding::Session) away"
        }
        Binding::Session | Binding::None if options.seal.is_some() => {
            "a seal is good for one transaction: take .binding(…) or .sealed(key) away"
        }
        Binding::None if backend == Backend::Postgres => {
            tracing::warn!(
                "Binding::None: row-level security does not guard this database; the predicate of \
                 each statement is all that keeps tenants apart"
            );
            return Ok(());
        }
        _ => return Ok(()),
    };
    let message = format!("bind tenants on {}: {fault}", backend.name());
    Err(Error::new(ErrorKind::Misconfigured, message))
}

/// Refuses an address behind which connections are not what `binding` takes them for.
pub(crate) async fn verify_route(
    binding: Binding,
    backend: Backend,
    url: &str,
    options: &TenantDbOptions,
) -> Result<(), Error> {
    if binding != Binding::Session && !options.prepared {
        // Transactions are kept together by every pooler.
        return Ok(());
    }
    let fault = match Route::to(backend, url, options).await? {
        Route::SharesSessions | Route::MixesStatements if binding == Binding::Session => {
            "in transaction mode, where the tenant of one session becomes another's: take \
             .binding(Binding::Session) away from TenantDb::options(), connect to Postgres itself, \
             or set pool_mode = session"
        }
        Route::Direct | Route::SharesSessions => return Ok(()),
        Route::MixesStatements => {
            "that mixes the prepared statements of its clients, so that another statement runs \
             than the one that was sent: add .without_prepared_statements() to \
             TenantDb::options(), or take PgBouncer 1.21 or later with max_prepared_statements \
             above 0"
        }
    };
    let message = format!("use the database: before it stands a pooler {fault}");
    Err(Error::new(ErrorKind::Misconfigured, message))
}
