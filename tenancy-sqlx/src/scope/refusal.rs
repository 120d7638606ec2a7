use std::borrow::Cow;

use sqlparser::ast::{
    Expr, Ident, Insert, ObjectName, Query, Select, SetExpr, Spanned as _, Statement, TableFactor,
    TableWithJoins, ValueWithSpan, WildcardAdditionalOptions,
};
use sqlparser::tokenizer::Location;
use tenancy_core::{Error, ErrorKind};

/// Why a statement is not run, and the place in its text.
#[derive(Debug)]
pub(super) struct Refusal {
    at: Option<Location>,
    reason: Cow<'static, str>,
}

pub(super) type Result<T = ()> = std::result::Result<T, Refusal>;

impl Refusal {
    /// Refuses at the place of a part of the statement.
    pub(super) fn at(part: &impl Placed, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::at_location(part.place(), reason)
    }

    pub(super) fn at_location(at: Location, reason: impl Into<Cow<'static, str>>) -> Self {
        // The parser knows no place for some parts, and counts lines from 1.
        Self { at: (at.line > 0).then_some(at), reason: reason.into() }
    }

    pub(super) fn anywhere(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { at: None, reason: reason.into() }
    }

    /// Gives a place to a refusal that has none.
    pub(super) fn or_at(mut self, part: &impl Placed) -> Self {
        if self.at.is_none() {
            self.at = Some(part.place()).filter(|at| at.line > 0);
        }
        self
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let Refusal { at, reason } = refusal;
        let message = match at {
            Some(Location { line, column }) => {
                format!("scope a statement, line {line} column {column}: {reason}")
            }
            None => format!("scope a statement: {reason}"),
        };
        Self::new(ErrorKind::Misconfigured, message)
    }
}

/// A part of a statement that has a place in its text.
pub(super) trait Placed {
    fn place(&self) -> Location;
}

impl Placed for Ident {
    fn place(&self) -> Location {
        self.span.start
    }
}

macro_rules! placed {
    ($($part:ty),*) => {$(
        impl Placed for $part {
            fn place(&self) -> Location {
                self.span().start
            }
        }
    )*};
}

placed!(
    Expr,
    Insert,
    ObjectName,
    Query,
    Select,
    SetExpr,
    Statement,
    TableFactor,
    TableWithJoins,
    ValueWithSpan,
    WildcardAdditionalOptions
);
