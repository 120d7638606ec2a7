//! The one place that puts a name into SQL text.

use tenancy_core::TenantId;

/// Quotes a name of a table or column. Names are plain by construction
/// ([`Table::new`](tenancy_core::entity::Table::new)), so that quoting is all they need.
pub(crate) fn quote(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    push_quoted(&mut text, name);
    text
}

/// Appends a quoted name.
pub(crate) fn push_quoted(text: &mut String, name: &str) {
    debug_assert!(!name.contains('"'), "names are plain");
    text.push('"');
    text.push_str(name);
    text.push('"');
}

/// Names the schema or the database of a tenant. Two tenants never share one, and nothing but the
/// id is in it.
pub(crate) fn of_tenant(tenant: TenantId) -> String {
    format!("t_{}", tenant.uuid().as_simple())
}

/// Tells whether a name needs no more than quotes.
pub(crate) fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=63).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenants_name_is_plain_and_its_own() {
        let (one, other) = (TenantId::generate(), TenantId::generate());
        assert!(is_plain(&of_tenant(one)));
        assert_eq!(of_tenant(one).len(), 34);
        assert_ne!(of_tenant(one), of_tenant(other));
        assert_eq!(of_tenant(one).trim_start_matches("t_").parse::<TenantId>().unwrap(), one);
    }
}
