//! The context as a task-local, and what carries it over to other tasks and threads.

use std::future::Future;

use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::TenantContext;
use crate::{Error, ErrorKind, TenantId};

tokio::task_local! {
    static CURRENT: TenantContext;
}

impl TenantContext {
    /// Runs a future in this context. Contexts nest; the inner one wins.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the context; nothing stays behind on the thread.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Runs a function in this context.
    pub fn sync_scope<R>(self, run: impl FnOnce() -> R) -> R {
        CURRENT.sync_scope(self, run)
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
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Tells whether the running task is for a tenant, and not for this one.
    pub(crate) fn is_of_another(tenant: TenantId) -> bool {
        CURRENT.try_with(|context| context.tenant_id() != tenant).unwrap_or(false)
    }

    /// Starts a task that carries the current context, or none where there is none.
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
        match Self::try_current() {
            Some(context) => tokio::spawn(context.scope(future).in_current_span()),
            None => tokio::spawn(future.in_current_span()),
        }
    }

    /// Runs blocking work on another thread, in the current context, or none where there is none.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn_blocking<R: Send + 'static>(
        run: impl FnOnce() -> R + Send + 'static,
    ) -> JoinHandle<R> {
        let span = tracing::Span::current();
        let context = Self::try_current();
        tokio::task::spawn_blocking(move || {
            span.in_scope(|| match context {
                Some(context) => context.sync_scope(run),
                None => run(),
            })
        })
    }
}
