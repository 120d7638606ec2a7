use super::bounded::bounded;

/// A field that was changed, and what it was before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditChange {
    field: Box<str>,
    before: Option<Box<str>>,
    after: Option<Box<str>>,
}

impl AuditChange {
    /// The longest name of a field that is kept as it is, in bytes.
    pub const MAX_FIELD: usize = 64;
    /// The longest value that is kept as it is, in bytes.
    pub const MAX_VALUE: usize = 1_000;

    /// Makes the change of a field; `None` is no value. Give no secrets.
    pub fn new(field: &str, before: Option<&str>, after: Option<&str>) -> Self {
        let value = |value| bounded(value, Self::MAX_VALUE);
        Self {
            field: bounded(field, Self::MAX_FIELD),
            before: before.map(value),
            after: after.map(value),
        }
    }

    /// Returns the field's name.
    pub const fn field(&self) -> &str {
        &self.field
    }

    /// Returns the value it had.
    pub fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// Returns the value it has now.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }
}
