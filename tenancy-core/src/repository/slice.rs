use super::Cursor;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slice<E> {
    /// The rows, in the order asked for.
    pub items: Vec<E>,
    /// Whether more follow.
    pub has_more: bool,
    /// Where the next part begins, if more follow and a repository listed them.
    pub next: Option<Cursor>,
}

impl<E> Slice<E> {
    /// Makes a slice from up to `limit + 1` rows: the one too many says that more follow.
    pub fn from_rows(mut rows: Vec<E>, limit: u16) -> Self {
        let limit = usize::from(limit);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Self { items: rows, has_more, next: None }
    }
}
