//! The context of the running task, and what starts others with it.

use std::future::Future;

use tokio::task::JoinHandle;

use super::{Carried, Carrier, TenantContext, current};
use crate::{Error, ErrorKind, TenantId};

impl TenantContext {
    /// Runs a future in this context. Contexts nest; the inner one wins.
    ///
    /// Every log line inside carries `tenant.id`: a span `tenant` is around it, unless the
    /// running one names this tenant already, see [`Carrier::of`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the context; nothing stays behind on the thread.
    pub fn scope<F: Future>(self, future: F) -> Carried<F> {
        Carrier::of(self).carry(future)
    }

    /// Runs a function in this context, and in a span that names its tenant like
    /// [`scope`](Self::scope) does.
    pub fn sync_scope<R>(self, run: impl FnOnce() -> R) -> R {
        Carrier::of(self).run(run)
    }

    /// Returns the context of the running task.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantRequired`] outside every [`scope`](Self::scope), such as in a task
    /// started with `tokio::spawn` instead of [`TenantContext::spawn`].
    pub fn current() -> Result<Self, Error> {
        Self::try_current().ok_or_else(|| {
            Error::new(
                ErrorKind::TenantRequired,
                "find the tenant of this task: start it inside TenantContext::scope or spawn",
            )
        })
    }

    /// Returns the context of the running task, if it has one.
    pub fn try_current() -> Option<Self> {
        current::context()
    }

    /// Tells whether the running task is for a tenant, and not for this one.
    pub(crate) fn is_of_another(tenant: TenantId) -> bool {
        current::context().is_some_and(|context| context.tenant_id() != tenant)
    }

    /// Starts a task that carries the current context, or none where there is none.
    ///
    /// For anything else that leaves the task there is a [`Carrier`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenancy_core::{PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
    /// # let plan = PlanCatalogue::example().plan("starter")?;
    /// # let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan);
    /// # let context = TenantContext::for_program(Arc::new(tenant));
    /// let id = context.tenant_id();
    /// context.scope(async move {
    ///     let task = TenantContext::spawn(async { TenantContext::current().unwrap().tenant_id() });
    ///     assert_eq!(task.await.unwrap(), id);
    /// }).await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(Carrier::current().carry(future))
    }

    /// Runs blocking work on another thread, in the current context, or none where there is none.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn_blocking<R: Send + 'static>(
        run: impl FnOnce() -> R + Send + 'static,
    ) -> JoinHandle<R> {
        tokio::task::spawn_blocking(Carrier::current().carry_fn(run))
    }
}
