//! The one place that puts a name into SQL text.

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

/// Tells whether a name needs no more than quotes.
pub(crate) fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=63).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with(|first: char| first.is_ascii_digit())
}
