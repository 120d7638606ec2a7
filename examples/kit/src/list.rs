use serde::Serialize;
use tenancy_core::Slice;
use utoipa::ToSchema;

/// A part of a list, as an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    data: Vec<T>,
    /// Whether more follow: ask again with `starting_after` set to the last id.
    has_more: bool,
}

impl<T> List<T> {
    /// Takes what callers see, and whether more follow.
    pub const fn new(data: Vec<T>, has_more: bool) -> Self {
        Self { data, has_more }
    }

    /// Takes a repository's slice and makes each row what callers see.
    pub fn of<E>(slice: Slice<E>, view: impl FnMut(E) -> T) -> Self {
        Self { data: slice.items.into_iter().map(view).collect(), has_more: slice.has_more }
    }

    /// The same where a row may be one that cannot be shown.
    ///
    /// # Errors
    ///
    /// That of the first row that cannot.
    pub fn try_of<E, F>(slice: Slice<E>, view: impl FnMut(E) -> Result<T, F>) -> Result<Self, F> {
        let data = slice.items.into_iter().map(view).collect::<Result<_, F>>()?;
        Ok(Self { data, has_more: slice.has_more })
    }
}
