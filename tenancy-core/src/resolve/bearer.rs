//! The `Authorization: Bearer` header, which JWTs and API keys share.

use http::header::AUTHORIZATION;
use http::request::Parts;

/// What the header holds.
pub(super) enum Bearer<'a> {
    /// There is none, or it is of another scheme.
    Absent,
    /// A token, as it was sent: who reads it finds out whether it is text.
    Token(&'a [u8]),
    /// There are two, or one that is empty.
    Malformed,
}

impl<'a> Bearer<'a> {
    pub(super) fn of(parts: &'a Parts) -> Self {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            return Self::Malformed;
        }
        let value = value.as_bytes();
        let Some((scheme, token)) = value.split_at_checked("bearer".len()) else {
            return Self::Absent;
        };
        if !scheme.eq_ignore_ascii_case(b"bearer") {
            return Self::Absent;
        }
        match token {
            [b' ' | b'\t', token @ ..] => match token.trim_ascii() {
                [] => Self::Malformed,
                token => Self::Token(token),
            },
            // Another scheme, whose name begins like ours.
            [first, ..] if !first.is_ascii_whitespace() => Self::Absent,
            _ => Self::Malformed,
        }
    }
}
