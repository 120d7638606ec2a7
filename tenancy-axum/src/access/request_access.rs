use std::fmt;
use std::sync::Arc;

use tenancy_core::access::{Access, GrantSource, RoleCatalogue};
use tenancy_core::{Actor, Clock, Error, ErrorKind, TenantContext};
use tokio::sync::OnceCell;

/// What a layer was told, shared by its requests.
pub(super) struct Settings {
    pub(super) source: Arc<dyn GrantSource>,
    pub(super) catalogue: RoleCatalogue,
    pub(super) clock: Arc<dyn Clock>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("catalogue", &self.catalogue).finish_non_exhaustive()
    }
}

/// The grants of one request, found when somebody first asks, in its extensions.
#[derive(Debug, Clone)]
pub(super) struct RequestAccess(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Arc<Settings>,
    found: OnceCell<Arc<Access>>,
}

impl RequestAccess {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self(Arc::new(Inner { settings, found: OnceCell::new() }))
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.settings.clock
    }

    /// Returns what the actor may do. Nobody's failure to find it is remembered.
    pub(super) async fn find(
        &self,
        context: &TenantContext,
        actor: &Actor,
    ) -> Result<Arc<Access>, Error> {
        let access = self.0.found.get_or_try_init(|| self.load(context, actor)).await?;
        if access.is_for(context) {
            return Ok(access.clone());
        }
        Err(if access.tenant() == context.home_id() {
            let message = "find what an actor may do: the actor has changed; \
                           add AccessLayer, inside of the innermost TenantLayer";
            Error::new(ErrorKind::Misconfigured, message)
        } else {
            let message = "find what an actor may do: the grants are those of another tenant";
            Error::new(ErrorKind::ForeignTenant, message)
        })
    }

    async fn load(&self, context: &TenantContext, actor: &Actor) -> Result<Arc<Access>, Error> {
        let Settings { source, catalogue, .. } = &*self.0.settings;
        let access = Access::load(source, catalogue, context.home_id(), actor).await?;
        for id in access.unknown() {
            tracing::warn!(
                access.id = id,
                "a grant or a forbid names what the catalogue does not have: \
                 such a grant permits nothing, such a forbid forbids everything in its scope",
            );
        }
        Ok(Arc::new(access))
    }
}
