//! The `Authorization: Bearer` header, which JWTs and API keys share.

use http::header::AUTHORIZATION;
use http::request::Parts;

/// What the header holds.
pub(super) enum Bearer<'a> {
    /// There is none, or it is of another scheme.
    Absent,
    /// A token.
    Token(&'a str),
    /// There are two, or one that is no text.
    Malformed,
}

impl<'a> Bearer<'a> {
    pub(super) fn of(parts: &'a Parts) -> Self {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            return Self::Malformed;
        }
        let Ok(text) = value.to_str() else { return Self::Malformed };
        let Some((scheme, token)) = text.split_once([' ', '\t']) else {
            return if text.eq_ignore_ascii_case("bearer") {
                Self::Malformed
            } else {
                Self::Absent
            };
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Self::Absent;
        }
        match token.trim() {
            "" => Self::Malformed,
            token => Self::Token(token),
        }
    }
}
