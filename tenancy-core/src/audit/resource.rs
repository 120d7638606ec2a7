use std::fmt;

use super::bounded::bounded;

/// What something was done to: a kind and an id, such as `patient_file` and `17`.
///
/// ```
/// use tenancy_core::audit::AuditResource;
///
/// assert_eq!(AuditResource::new("patient_file", "17").to_string(), "patient_file:17");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AuditResource {
    kind: Box<str>,
    id: Box<str>,
}

impl AuditResource {
    /// The longest kind that is kept as it is, in bytes.
    pub const MAX_KIND: usize = 64;
    /// The longest id that is kept as it is, in bytes.
    pub const MAX_ID: usize = 200;

    /// Names a thing. Longer names are cut, so that they still differ from others; characters
    /// that would break a line are escaped.
    pub fn new(kind: &str, id: &str) -> Self {
        Self { kind: bounded(kind, Self::MAX_KIND), id: bounded(id, Self::MAX_ID) }
    }

    /// Returns the kind.
    pub const fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the id.
    pub const fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for AuditResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}
