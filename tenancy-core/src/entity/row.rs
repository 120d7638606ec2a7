use super::{FromValue, Kind, Table, ToValue, Value};
use crate::{Error, ErrorKind, TenantId};

/// One row that came back, read by position.
pub trait Row {
    /// Returns the name of the column at `index`, or `None` past the last; rows that are not
    /// from a database have no names.
    fn name(&self, index: usize) -> Option<&str> {
        let _ = index;
        None
    }

    /// Takes the value at `index`, which must be of `kind` or null.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) when the column is missing or holds
    /// another type.
    fn take(&mut self, index: usize, kind: Kind) -> Result<Value, Error>;
}

/// A row in memory: values in the order of the table.
///
/// ```
/// use tenancy_core::entity::{Kind, Row as _, Value, Values};
///
/// let mut row = Values::new(vec![Value::Int(7)]);
/// assert_eq!(row.take(0, Kind::Int)?, Value::Int(7));
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Values(Vec<Value>);

impl Values {
    /// Holds values; each can be taken once.
    pub const fn new(values: Vec<Value>) -> Self {
        Self(values)
    }
}

impl Row for Values {
    fn take(&mut self, index: usize, kind: Kind) -> Result<Value, Error> {
        let value = self.0.get_mut(index).filter(|value| value.kind() == kind);
        value.map(|value| std::mem::replace(value, Value::Null(kind))).ok_or_else(|| {
            Error::new(ErrorKind::Internal, format!("read column {index} as {kind:?}"))
        })
    }
}

/// A type that is read from a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a row",
    note = "add `#[derive(FromTenantRow)]`, or `#[derive(TenantEntity)]` to a row of a table"
)]
pub trait FromTenantRow: Sized + Send {
    /// The names of the columns, in the order in which they are read.
    const COLUMNS: &'static [&'static str];

    /// Reads the columns, in the order of [`COLUMNS`](Self::COLUMNS).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) when a column holds another type.
    fn from_row(row: &mut dyn Row) -> Result<Self, Error>;
}

/// A row of a tenant table.
///
/// Derived: see the `TenantEntity` macro of `tenancy_sqlx`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tenant entity",
    note = "add `#[derive(TenantEntity)]` and `#[tenant(table = \"…\")]`"
)]
pub trait TenantEntity: FromTenantRow + Send + Sync + 'static {
    /// The key within the tenant.
    type Key: ToValue + FromValue + Clone + Send + Sync + 'static;

    /// The table.
    const TABLE: Table;

    /// Returns the tenant this row belongs to.
    fn tenant(&self) -> TenantId;

    /// Returns the key.
    fn key(&self) -> &Self::Key;

    /// Returns the values in the order of the table's columns.
    fn values(&self) -> Vec<Value>;
}

/// An entity whose rows are hidden when they are deleted, and can be restored.
///
/// Derived with `#[tenant(soft_delete = "deleted_at")]`.
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` are gone when they are deleted",
    note = "add a field `deleted_at: Option<OffsetDateTime>` and `#[tenant(soft_delete = \"deleted_at\")]`"
)]
pub trait SoftDelete: TenantEntity {}

/// What an insert takes: a draft that gets its tenant now, or a whole entity that is checked.
///
/// ```
/// use tenancy_core::{entity::IntoEntity, TenantId};
/// # struct Note { tenant_id: TenantId, text: String }
/// struct NewNote { text: String }
///
/// impl IntoEntity<Note> for NewNote {
///     fn into_entity(self, tenant: TenantId) -> Note {
///         Note { tenant_id: tenant, text: self.text }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be inserted as `{E}`",
    note = "implement `IntoEntity<{E}>`: it is handed the tenant"
)]
pub trait IntoEntity<E>: Send {
    /// Makes the entity.
    fn into_entity(self, tenant: TenantId) -> E;
}

impl<E: TenantEntity> IntoEntity<E> for E {
    fn into_entity(self, _: TenantId) -> E {
        self
    }
}
