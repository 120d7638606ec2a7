use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, ErrorKind};

/// Identifies a tenant: a UUID, version 7 when made here.
///
/// It is the only form of a tenant that reaches SQL text or a Redis key. There is no default
/// and no nil id: a `TenantId` that exists names somebody.
///
/// ```
/// use tenancy_core::TenantId;
///
/// let id = TenantId::generate();
/// assert_eq!(id.to_string().parse::<TenantId>()?, id);
/// assert!("00000000-0000-0000-0000-000000000000".parse::<TenantId>().is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Uuid", into = "Uuid")]
pub struct TenantId(Uuid);

impl TenantId {
    /// Nobody: what the platform itself counts under, such as the limit of an address that names
    /// no tenant. It is the nil UUID, which nothing that reads or makes an id gives out.
    pub const PLATFORM: Self = Self(Uuid::nil());

    /// Makes a new id, sortable by the time it was made.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// Takes an existing UUID, of any version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for the nil and the max UUID, which name nobody.
    pub fn from_uuid(uuid: Uuid) -> Result<Self, Error> {
        if uuid.is_nil() || uuid.is_max() {
            return Err(Error::invalid("tenant_id", "read a tenant id: this UUID names nobody"));
        }
        Ok(Self(uuid))
    }

    /// Returns the UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

/// Takes a UUID that is known to name somebody. No method: the compiler would propose it to callers
/// who may not use it.
pub(super) const fn named_by(uuid: Uuid) -> TenantId {
    TenantId(uuid)
}

impl TryFrom<Uuid> for TenantId {
    type Error = Error;

    fn try_from(uuid: Uuid) -> Result<Self, Error> {
        Self::from_uuid(uuid)
    }
}

impl From<TenantId> for Uuid {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

impl FromStr for TenantId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let uuid = Uuid::try_parse(text).map_err(|source| {
            Error::new(ErrorKind::Invalid, "read a tenant id: a UUID is expected")
                .with_subject("tenant_id")
                .with_source(source)
        })?;
        Self::from_uuid(uuid)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0.as_hyphenated())
    }
}
