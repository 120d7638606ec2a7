use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{EntitledBy, EntitledLimit, Entitlement, Overrides, TenantStatus};
use crate::{Host, Placement, Plan, TenantId, TenantSlug};

/// A tenant, as its directory knows it.
///
/// ```
/// use tenancy_core::{PlanCatalogue, Tenant, TenantId, TenantSlug, TenantStatus};
///
/// let plan = PlanCatalogue::example().plan("starter")?;
/// let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan)
///     .with_name("Harbor Bank");
/// assert_eq!(tenant.status(), TenantStatus::Active);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone)]
// In this order, so that what each hit of a directory reads is beside the counts of the `Arc`.
#[repr(C)]
pub struct Tenant {
    superseded: Superseded,
    status: TenantStatus,
    placement: Placement,
    id: TenantId,
    slug: TenantSlug,
    plan: Arc<Plan>,
    overrides: Arc<Overrides>,
    name: String,
    domains: Arc<[Host]>,
    version: i64,
}

/// Whether a record is known to be an old one. A copy is a record of its own, not known to be.
#[derive(Debug, Default)]
struct Superseded(AtomicBool);

impl Clone for Superseded {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Tenant {
    /// Makes an active tenant in shared tables, named like its slug.
    pub fn new(id: TenantId, slug: TenantSlug, plan: Arc<Plan>) -> Self {
        let name = slug.as_str().to_owned();
        let (status, placement) = (TenantStatus::Active, Placement::row());
        let (domains, overrides) = (Arc::default(), Overrides::none());
        let (version, superseded) = (1, Superseded::default());
        Self { superseded, status, placement, id, slug, plan, overrides, name, domains, version }
    }

    /// Sets the name people read.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the status.
    pub fn with_status(mut self, status: TenantStatus) -> Self {
        self.status = status;
        self
    }

    /// Sets where the data lives. It moves none.
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// Sets the verified domains of its own.
    pub fn with_domains(mut self, domains: impl IntoIterator<Item = Host>) -> Self {
        self.domains = domains.into_iter().collect();
        self
    }

    /// Sets where it differs from its plan.
    pub fn with_overrides(mut self, overrides: impl Into<Arc<Overrides>>) -> Self {
        self.overrides = overrides.into();
        self
    }

    /// Sets the version of the record.
    pub fn with_version(mut self, version: i64) -> Self {
        self.version = version;
        self
    }

    /// Returns the same tenant over its [sandbox](TenantId::sandbox): plan, status and names are
    /// the tenant's, data is not. `None` where the id has none.
    pub fn sandbox(&self) -> Option<Self> {
        Some(Self { id: self.id.sandbox()?, ..self.clone() })
    }

    /// Returns the id.
    pub const fn id(&self) -> TenantId {
        self.id
    }

    /// Returns the slug.
    pub const fn slug(&self) -> &TenantSlug {
        &self.slug
    }

    /// Returns the name people read.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the plan.
    pub const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Returns the status.
    pub const fn status(&self) -> TenantStatus {
        self.status
    }

    /// Returns where the data lives.
    pub const fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Returns the verified domains of its own.
    pub fn domains(&self) -> &[Host] {
        &self.domains
    }

    /// Returns where it differs from its plan.
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Returns how many requests it may make in any minute.
    pub fn requests_per_minute(&self) -> NonZeroU32 {
        self.overrides.requests_per_minute().unwrap_or(self.plan.requests_per_minute())
    }

    /// Returns its share of what tenants compete for, relative to others.
    pub fn weight(&self) -> NonZeroU32 {
        self.overrides.weight().unwrap_or(self.plan.weight())
    }

    /// Returns whether it may use a feature, and who says so.
    ///
    /// ```
    /// use tenancy_core::{EntitledBy, ErrorKind, Overrides, PlanCatalogue, Tenant, TenantId, TenantSlug};
    ///
    /// let plan = PlanCatalogue::example().plan("starter")?;
    /// let harbor = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan.clone());
    /// let summit = Tenant::new(TenantId::generate(), TenantSlug::parse("summit")?, plan)
    ///     .with_overrides(Overrides::new().with_feature("analytics", true));
    ///
    /// assert_eq!(harbor.feature("analytics").require().unwrap_err().kind(), ErrorKind::FeatureNotInPlan);
    /// assert!(summit.feature("analytics").is_granted());
    /// assert_eq!(summit.feature("analytics").by(), EntitledBy::Override);
    /// # Ok::<(), tenancy_core::Error>(())
    /// ```
    pub fn feature(&self, feature: &str) -> Entitlement {
        match self.overrides.feature(feature) {
            Some(granted) => Entitlement::new(granted, EntitledBy::Override),
            None => Entitlement::new(self.plan.has_feature(feature), EntitledBy::Plan),
        }
    }

    /// Returns how much of something it may have, and who says so.
    pub fn limit(&self, of: &str) -> EntitledLimit {
        match self.overrides.allowance(of) {
            Some(allowance) => EntitledLimit::new(allowance, EntitledBy::Override),
            None => EntitledLimit::new(self.plan.allowance(of), EntitledBy::Plan),
        }
    }

    /// Returns a setting: the tenant's own, else its plan's.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.overrides.setting(name).or_else(|| self.plan.setting(name))
    }

    /// Returns how often the record has changed, starting at 1.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// Tells whether the directory that gave out this record has heard of a change of the tenant
    /// since: work that lasts, such as a stream, asks it now and then, and looks the tenant up
    /// again.
    ///
    /// Only [`CachedDirectory`](crate::CachedDirectory) marks its records. What it forgets without
    /// a change may be marked too.
    pub fn is_superseded(&self) -> bool {
        self.superseded.0.load(Ordering::Acquire)
    }

    /// Marks the record as an old one.
    pub(crate) fn supersede(&self) {
        self.superseded.0.store(true, Ordering::Release);
    }
}
