use http::Extensions;
use tenancy_core::{Error, ErrorKind, TenantContext};

/// Says that a request came through [`TenantLayer`](super::TenantLayer).
///
/// It stands in the request's extensions. Without it an extractor that finds no tenant could not
/// tell a caller's mistake from the program's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mounted;

/// Returns the context of a request; `None` when the request names no tenant.
///
/// A context without the mark is good too: tests put one in by hand.
///
/// # Errors
///
/// [`ErrorKind::Misconfigured`] when the layer has not seen the request.
pub(crate) fn context_of(extensions: &Extensions) -> Result<Option<&TenantContext>, Error> {
    let context = extensions.get::<TenantContext>();
    if context.is_none() && extensions.get::<Mounted>().is_none() {
        return Err(Error::new(
            ErrorKind::Misconfigured,
            "find the tenant of a request: add TenantLayer, outside of what needs it",
        ));
    }
    Ok(context)
}
