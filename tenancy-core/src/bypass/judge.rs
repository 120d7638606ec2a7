use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;

use crate::{Actor, Error};

/// Decides who may have which bypass: the application's part.
///
/// ```
/// use http::request::Parts;
/// use tenancy_core::{Actor, BypassJudge, Error, async_trait};
///
/// /// Only officers of the platform, and only for reports.
/// struct Officers;
///
/// #[async_trait]
/// impl BypassJudge for Officers {
///     async fn judge(
///         &self,
///         purpose: &'static str,
///         actor: Option<&Actor>,
///         _parts: &Parts,
///     ) -> Result<Option<Actor>, Error> {
///         let officer = actor.filter(|actor| actor.id().starts_with("officer_"));
///         Ok(officer.filter(|_| purpose == "platform_reports").cloned())
///     }
/// }
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decide over bypasses",
    note = "implement `BypassJudge`: one async method, with `#[async_trait]`"
)]
pub trait BypassJudge: Send + Sync + 'static {
    /// Returns who gets a bypass for a purpose; `None` refuses it.
    ///
    /// `actor` is whom the request's tenant context names. A platform whose staff belong to no
    /// tenant finds out from the request itself.
    ///
    /// # Errors
    ///
    /// Any: then nobody gets it.
    async fn judge(
        &self,
        purpose: &'static str,
        actor: Option<&Actor>,
        parts: &Parts,
    ) -> Result<Option<Actor>, Error>;
}

#[async_trait]
impl<J: BypassJudge + ?Sized> BypassJudge for Arc<J> {
    async fn judge(
        &self,
        purpose: &'static str,
        actor: Option<&Actor>,
        parts: &Parts,
    ) -> Result<Option<Actor>, Error> {
        (**self).judge(purpose, actor, parts).await
    }
}
