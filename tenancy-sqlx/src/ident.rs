//! The one place that puts a name into SQL text.

/// Quotes a name of a table or column. Names are plain by construction
/// ([`Table::new`](tenancy_core::entity::Table::new)), so that quoting is all they need.
pub(crate) fn quote(name: &str) -> String {
    debug_assert!(!name.contains('"'), "names are plain");
    format!("\"{name}\"")
}
