//! All errors of a type at once, so that one compile shows them.

use syn::{Error, Result};

/// Returns both values, or the errors of both.
pub(crate) fn both<A, B>(a: Result<A>, b: Result<B>) -> Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), Err(b)) => {
            a.combine(b);
            Err(a)
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

/// Returns every value, or the errors of all.
pub(crate) fn all<T>(results: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
    let mut values = Ok(Vec::new());
    for next in results {
        values = both(values, next).map(|(mut values, next)| {
            values.push(next);
            values
        });
    }
    values
}

/// Refuses each item whose name an earlier one has; `message` says it.
pub(crate) fn distinct<'a, T: 'a>(
    items: &'a [T],
    name: impl Fn(&T) -> &str,
    refuse: impl Fn(&T, &T) -> Error,
) -> Result<()> {
    all(items.iter().enumerate().map(|(at, item)| {
        let earlier = items[..at].iter().find(|earlier| name(earlier) == name(item));
        earlier.map_or(Ok(()), |earlier| Err(refuse(earlier, item)))
    }))
    .map(drop)
}
