//! The directory's record of a tenant.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{Error, ErrorKind, Placement, Plan, TenantId, TenantSlug};

/// Where a tenant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TenantStatus {
    /// Being set up: nothing is served yet.
    Provisioning,
    /// Served.
    Active,
    /// Served, without writes.
    ReadOnly,
    /// Refused.
    Suspended,
    /// Gone; answers as if it had never been.
    Closed,
}

impl TenantStatus {
    /// Returns the name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::ReadOnly => "read_only",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    /// Admits or refuses a request by status; `writes` says whether it may change something.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantProvisioning`], [`ErrorKind::TenantReadOnly`],
    /// [`ErrorKind::TenantSuspended`]; [`ErrorKind::TenantUnknown`] for a closed tenant.
    pub fn admit(self, writes: bool) -> Result<(), Error> {
        let (kind, message) = match self {
            Self::ReadOnly if writes => {
                (ErrorKind::TenantReadOnly, "the tenant takes no changes at the moment")
            }
            Self::Active | Self::ReadOnly => return Ok(()),
            Self::Provisioning => {
                (ErrorKind::TenantProvisioning, "the tenant is still being set up")
            }
            Self::Suspended => (ErrorKind::TenantSuspended, "the tenant is suspended"),
            Self::Closed => (ErrorKind::TenantUnknown, "there is no such tenant"),
        };
        Err(Error::new(kind, message))
    }
}

impl fmt::Display for TenantStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TenantStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Provisioning, Self::Active, Self::ReadOnly, Self::Suspended, Self::Closed]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| Error::invalid("status", "read a tenant's status: it is not known"))
    }
}

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
pub struct Tenant {
    id: TenantId,
    slug: TenantSlug,
    name: String,
    plan: Arc<Plan>,
    status: TenantStatus,
    placement: Placement,
    version: i64,
}

impl Tenant {
    /// Makes an active tenant in shared tables, named like its slug.
    pub fn new(id: TenantId, slug: TenantSlug, plan: Arc<Plan>) -> Self {
        let name = slug.as_str().to_owned();
        let (status, placement) = (TenantStatus::Active, Placement::row());
        Self { id, slug, name, plan, status, placement, version: 1 }
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

    /// Sets the version of the record.
    pub fn with_version(mut self, version: i64) -> Self {
        self.version = version;
        self
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

    /// Returns how often the record has changed, starting at 1.
    pub const fn version(&self) -> i64 {
        self.version
    }
}
