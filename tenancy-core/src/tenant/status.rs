use std::fmt;
use std::str::FromStr;

use crate::{Error, ErrorKind};

/// Where a tenant is in its life.
///
/// | from | may become |
/// | --- | --- |
/// | `Provisioning` | `Active`, `Closed` |
/// | `Active` | `ReadOnly`, `Suspended`, `Closed` |
/// | `ReadOnly` | `Active`, `Suspended`, `Closed` |
/// | `Suspended` | `Active`, `ReadOnly`, `Closed` |
/// | `Closed` | nothing: a closed tenant does not come back |
///
/// ```
/// use tenancy_core::{ErrorKind, TenantStatus};
///
/// assert!(TenantStatus::Active.check_transition(TenantStatus::Suspended).is_ok());
/// let refused = TenantStatus::Closed.check_transition(TenantStatus::Active).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::Conflict);
/// ```
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

    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Provisioning, Self::Active, Self::ReadOnly, Self::Suspended, Self::Closed];

    /// Tells whether a tenant may go from this status to another. Staying is no step.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Provisioning, Self::Active | Self::Closed)
                | (Self::Active, Self::ReadOnly | Self::Suspended | Self::Closed)
                | (Self::ReadOnly, Self::Active | Self::Suspended | Self::Closed)
                | (Self::Suspended, Self::Active | Self::ReadOnly | Self::Closed)
        )
    }

    /// Refuses a step that [`may_become`](Self::may_become) does not know.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`], with the two statuses in its message.
    pub fn check_transition(self, next: Self) -> Result<(), Error> {
        if self.may_become(next) {
            return Ok(());
        }
        let message = format!("change a tenant's status: {self} does not become {next}");
        Err(Error::new(ErrorKind::Conflict, message).with_subject("status"))
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
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| Error::invalid("status", "read a tenant's status: it is not known"))
    }
}
