use std::fmt;

use tracing::Span;

use super::{Carried, TenantContext, current};

/// Takes the running context and span along, to whatever leaves the task.
///
/// A task, a thread, a stream or a callback of another library starts without the context of
/// whoever made it. A carrier takes both the context and the `tracing` span over, so that the
/// work is for the same tenant and its log lines say so. Where no context runs it carries none:
/// it never invents one, and what it carries runs for nobody even inside of a tenant's work.
///
/// What is carried is also dropped in the context, however far it got.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::{Carrier, PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};
/// use tokio::task::JoinSet;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// # let plan = PlanCatalogue::example().plan("starter")?;
/// # let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan);
/// # let context = TenantContext::for_program(Arc::new(tenant));
/// fn here() -> TenantId {
///     TenantContext::current().unwrap().tenant_id()
/// }
///
/// let id = context.tenant_id();
/// context.scope(async {
///     let carrier = Carrier::current();
///
///     let mut tasks = JoinSet::new();
///     tasks.spawn(carrier.clone().carry(async { here() }));
///     assert_eq!(tasks.join_all().await, [id]);
///
///     std::thread::scope(|threads| {
///         let thread = threads.spawn(carrier.carry_fn(here));
///         assert_eq!(thread.join().unwrap(), id);
///     });
/// }).await;
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "a carrier does nothing until it carries something"]
pub struct Carrier {
    context: Option<TenantContext>,
    span: Span,
}

impl Carrier {
    /// Takes what runs here: the context, or none, and the span.
    pub fn current() -> Self {
        Self::new(current::context(), Span::current())
    }

    /// Takes this context, and a span that names its tenant in every log line.
    ///
    /// The span is the running one if that is of the same tenant and request. Else it is a new
    /// one, `tenant`, with the fields `tenant.id`, `resolved_via` and, in a request,
    /// `request.id`. Inside of another tenant's work it has no parent, so that no line names
    /// two tenants; it follows from the span it was made in.
    pub fn of(context: TenantContext) -> Self {
        let span = match current::context() {
            Some(running) if running.is_logged_for(&context) => Span::current(),
            Some(running) if running.tenant_id() != context.tenant_id() => {
                let span = context.span(Parent::Nothing);
                span.follows_from(Span::current());
                span
            }
            _ => context.span(Parent::Running),
        };
        Self::new(Some(context), span)
    }

    /// Takes a context, or none, and a span that is there already.
    ///
    /// It is for those who keep both themselves, such as a layer with a span for each request.
    /// The span should name the tenant; with [`Span::none`] the one that runs then stays.
    #[inline]
    pub const fn new(context: Option<TenantContext>, span: Span) -> Self {
        Self { context, span }
    }

    /// Returns the context it carries, if it carries one.
    pub const fn context(&self) -> Option<&TenantContext> {
        self.context.as_ref()
    }

    /// Returns the span it carries.
    pub const fn span(&self) -> &Span {
        &self.span
    }

    /// Puts a future or a stream into the context: each poll of it, and its drop.
    ///
    /// Anything else can be carried too and entered by hand, see [`Carried::enter`].
    #[inline]
    pub const fn carry<T>(self, value: T) -> Carried<T> {
        Carried::new(self, value)
    }

    /// Puts a function into the context, to be called elsewhere: on a thread, in a pool.
    ///
    /// One that is never called is dropped in the context too.
    pub fn carry_fn<R>(self, run: impl FnOnce() -> R) -> impl FnOnce() -> R {
        let parcel = self.carry(run);
        move || {
            let (carrier, run) = parcel.into_parts();
            carrier.into_run(run)
        }
    }

    /// Runs a function in the context, now. It is also for callbacks that are called often.
    #[inline]
    pub fn run<R>(&self, run: impl FnOnce() -> R) -> R {
        self.clone().into_run(run)
    }

    #[inline]
    fn into_run<R>(mut self, run: impl FnOnce() -> R) -> R {
        self.enter(run)
    }

    /// Runs a function in the context as [`run`](Self::run) does, without a copy of it.
    #[inline]
    pub fn enter<R>(&mut self, run: impl FnOnce() -> R) -> R {
        // Work of nobody that is done inside a tenant's: its lines must not name that tenant.
        let apart =
            self.context.is_none() && self.span.is_disabled() && current::context().is_some();
        let apart = apart.then(|| tracing::error_span!(parent: None, "no_tenant"));
        let _entered = apart.as_ref().unwrap_or(&self.span).enter();
        current::within(&mut self.context, run)
    }
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier").field("context", &self.context).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy)]
enum Parent {
    Running,
    Nothing,
}

impl TenantContext {
    /// Tells whether lines inside of it name the tenant, and the request, of another.
    fn is_logged_for(&self, other: &Self) -> bool {
        let named = |id| self.request_id() == Some(id);
        self.tenant_id() == other.tenant_id() && other.request_id().is_none_or(named)
    }

    fn span(&self, parent: Parent) -> Span {
        // At the highest level: a filter that lets an error through must not take its tenant away.
        macro_rules! span {
            ($($parent:tt)*) => {
                tracing::error_span!(
                    $($parent)*
                    "tenant",
                    tenant.id = %self.tenant_id(),
                    resolved_via = self.resolved_via().as_str(),
                    request.id = self.request_id().map(tracing::field::display),
                )
            };
        }
        match parent {
            Parent::Running => span!(),
            Parent::Nothing => span!(parent: None,),
        }
    }
}
