//! What a row must tell: its table, its tenant, its key and its values.
//!
//! `tenancy_sqlx` derives [`TenantEntity`] and [`ToValue`]/[`FromValue`]; nobody writes them by
//! hand.

mod row;
mod shared;
mod table;
mod value;

pub use row::{FromTenantRow, IntoEntity, Row, TenantEntity};
pub use shared::{SharedEntity, SharedTable};
pub use table::{Column, Table};
pub use value::{FromValue, Kind, ToValue, Value};
