use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

/// A statement with `?` for its values, as these databases want it, made from one with `$n`.
///
/// ```text
/// UPDATE t SET a = $2 WHERE b = $1 OR c = $2   ->   UPDATE t SET a = ? WHERE b = ? OR c = ?
///                                                   with the values 2, 1, 2
/// ```
///
/// What stands in quotes of any kind and in comments stays as it is. A text without `$n` is taken
/// as it is too, with the values in their order.
#[derive(Debug)]
pub(super) struct Positional {
    pub(super) sql: SqlStr,
    /// Which value each mark stands for, counted from 0.
    pub(super) order: Vec<usize>,
}

impl Positional {
    /// Rewrites a text that has `values` values.
    pub(super) fn of(sql: SqlStr, values: usize) -> sqlx::Result<Self> {
        let text = sql.as_str();
        let mut rewritten = String::new();
        let mut order = Vec::with_capacity(values);
        let (mut copied, mut at) = (0, 0);
        while at < text.len() {
            let rest = &text.as_bytes()[at..];
            let digits = match rest {
                [b'$', digits @ ..] => digits.iter().take_while(|it| it.is_ascii_digit()).count(),
                _ => 0,
            };
            if digits == 0 {
                at += skip(rest);
                continue;
            }
            let end = at + 1 + digits;
            let number = text[at + 1..end].parse::<usize>().unwrap_or_default();
            if !(1..=values).contains(&number) {
                let fault = format!("the statement has no value for ${number}");
                return Err(sqlx::Error::Encode(fault.into()));
            }
            order.push(number - 1);
            rewritten.push_str(&text[copied..at]);
            rewritten.push('?');
            (copied, at) = (end, end);
        }
        if order.is_empty() {
            return Ok(Self { sql, order: (0..values).collect() });
        }
        rewritten.push_str(&text[copied..]);
        // What was a constant or made of typed parts still is.
        Ok(Self { sql: AssertSqlSafe(rewritten).into_sql_str(), order })
    }
}

/// Returns how many bytes belong together here: a quoted piece, a comment, or one byte.
///
/// A quote is doubled to stand within quotes, which reads like two pieces side by side; a
/// backslash is a letter, see [`SQL_MODE`](super::begin::SQL_MODE).
fn skip(rest: &[u8]) -> usize {
    let through = |from: usize, end: &[u8]| {
        let found = rest[from..].windows(end.len()).position(|window| window == end);
        found.map_or(rest.len(), |at| from + at + end.len())
    };
    match rest {
        [quote @ (b'\'' | b'"' | b'`'), ..] => through(1, &[*quote]),
        [b'/', b'*', ..] => through(2, b"*/"),
        [b'-', b'-', b' ' | b'\t' | b'\r' | b'\n', ..] | [b'#', ..] => through(1, b"\n"),
        // Part of a name, as in `a$1`.
        [byte, ..] if is_of_name(*byte) => {
            rest.iter().position(|byte| !is_of_name(*byte) && *byte != b'$').unwrap_or(rest.len())
        }
        _ => 1,
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(sql: &'static str, values: usize) -> (String, Vec<usize>) {
        let Positional { sql, order } = Positional::of(sql.into_sql_str(), values).expect("fits");
        (sql.as_str().to_owned(), order)
    }

    #[test]
    fn marks_become_positions_in_the_order_of_the_text() {
        for (sql, values, expected, order) in [
            ("SELECT 1", 0, "SELECT 1", vec![]),
            ("a = $1", 1, "a = ?", vec![0]),
            (
                "SET a = $2 WHERE b = $1 OR c = $2",
                2,
                "SET a = ? WHERE b = ? OR c = ?",
                vec![1, 0, 1],
            ),
            ("($10,$1)", 10, "(?,?)", vec![9, 0]),
            ("a = ? AND b = ?", 2, "a = ? AND b = ?", vec![0, 1]),
        ] {
            assert_eq!(rewritten(sql, values), (expected.to_owned(), order), "{sql}");
        }
    }

    #[test]
    fn quotes_comments_and_names_stay() {
        for (sql, expected) in [
            ("'$1' = $1", "'$1' = ?"),
            ("'it''s $1' = $1", "'it''s $1' = ?"),
            ("'a\\' = $1", "'a\\' = ?"),
            ("\"$1\" = $1", "\"$1\" = ?"),
            ("`a``$1` = $1", "`a``$1` = ?"),
            ("/* $1 ' */ $1", "/* $1 ' */ ?"),
            ("-- $1 '\n $1", "-- $1 '\n ?"),
            ("# $1 \"\n $1", "# $1 \"\n ?"),
            ("a$1 = $1", "a$1 = ?"),
            ("ä$1 = $1", "ä$1 = ?"),
            ("1--$1", "1--?"),
            ("'$1", "'$1"),
        ] {
            assert_eq!(rewritten(sql, 1).0, expected, "{sql}");
        }
    }

    #[test]
    fn a_mark_without_a_value_is_refused() {
        for sql in ["$2", "$0", "$99999999999999999999999"] {
            assert!(Positional::of(sql.into_sql_str(), 1).is_err(), "{sql}");
        }
    }
}
