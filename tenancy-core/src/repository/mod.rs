//! The repository: every verb within one tenant.

mod cursor;
mod list;
mod page;
mod slice;
mod tenant_scoped;

pub use cursor::Cursor;
pub use list::{List, Start};
pub use page::{Order, Page};
pub use slice::Slice;
pub use tenant_scoped::TenantScoped;
