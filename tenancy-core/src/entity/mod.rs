//! What a row must tell: its table, its tenant, its key and its values.
//!
//! `tenancy_sqlx` derives [`TenantEntity`] and [`ToValue`]/[`FromValue`]; nobody writes them by
//! hand.

mod aggregate;
mod change;
mod condition;
mod field;
mod filter;
mod fresh;
mod join;
mod row;
mod shared;
mod sort;
mod table;
mod unique;
mod value;

pub use aggregate::{Aggregate, Aggregates, Columns, Function};
pub use change::{Change, Step};
pub use condition::{Comparison, Condition};
pub use field::{Field, Kept, NumberValue, TextValue, Writable};
pub use filter::Filter;
pub use fresh::{Drafting, Fresh};
pub use join::Join;
pub use row::{FromTenantRow, IntoEntity, Row, SoftDelete, TenantEntity, Values};
pub use shared::{SharedEntity, SharedTable};
pub use sort::Sort;
pub use table::{Column, Table};
pub use unique::Unique;
pub use value::{FromValue, Kind, ToValue, Value};
