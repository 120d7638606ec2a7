//! The auditor in a request's extensions, from the layer to what serves.

use http::Extensions;

use super::Auditor;
use crate::{Error, ErrorKind};

impl Auditor {
    /// Leaves the auditor in a request.
    ///
    /// `TenantLayer` of `tenancy-axum` does it; other edges may.
    pub fn attach(self, extensions: &mut Extensions) {
        extensions.insert(self);
    }

    /// Returns the auditor of a request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when nobody has left one.
    pub fn attached(extensions: &Extensions) -> Result<&Self, Error> {
        extensions.get::<Self>().ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                "find the auditor of a request: add .audit(auditor, level) to TenantLayer",
            )
        })
    }
}
