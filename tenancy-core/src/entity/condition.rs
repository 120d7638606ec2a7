use super::{Kind, Value};

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// The same.
    Equal,
    /// Not the same.
    NotEqual,
    /// Lower.
    Below,
    /// Lower or the same.
    AtMost,
    /// Higher.
    Above,
    /// Higher or the same.
    AtLeast,
}

/// What a [`Filter`](super::Filter) says, for those who turn it into a query.
///
/// Every condition is true or false, as in Rust and unlike in SQL: a comparison with a column
/// that holds nothing is false, and its negation true. Columns are positions in the table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// All of them hold; without any, that is true.
    All(Vec<Condition>),
    /// One of them holds; without any, that is false.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The column compares so with a value. A null is equal to null alone, and neither below nor
    /// above anything.
    Compare {
        /// The column.
        column: usize,
        /// How.
        comparison: Comparison,
        /// The value, of the column's kind.
        value: Value,
    },
    /// The column is equal to one of the values.
    OneOf {
        /// The column.
        column: usize,
        /// The kind of all values.
        kind: Kind,
        /// The values.
        values: Vec<Value>,
    },
    /// The text in the column begins with this one.
    StartsWith {
        /// The column.
        column: usize,
        /// The beginning.
        text: String,
    },
    /// The text in the column contains this one.
    Contains {
        /// The column.
        column: usize,
        /// The part.
        text: String,
    },
}
