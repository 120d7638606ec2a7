//! Names of tables, columns and values.

use proc_macro2::Span;
use syn::{Error, Result};

/// Refuses a name that `Table::new` and `Column::new` would refuse, at the place it comes from.
pub(crate) fn plain(what: &str, name: &str, span: Span, remedy: &str) -> Result<()> {
    if is_plain(name) {
        return Ok(());
    }
    Err(Error::new(
        span,
        format!(
            "{name:?} is no plain {what} name: {remedy} 1 to 63 of a-z, 0-9 and _, no digit first"
        ),
    ))
}

// The same rule as in tenancy-core's `entity/table.rs`, which judges once more at compile time.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    matches!(name.as_bytes(), [first, ..] if !first.is_ascii_digit())
        && name.len() <= 63
        && name.bytes().all(plain)
}

/// Returns a variant's name in snake case; capitals in a row are one word.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut letters = name.chars().peekable();
    let mut previous = '_';
    while let Some(letter) = letters.next() {
        let begins_word = letter.is_uppercase()
            && previous != '_'
            && (!previous.is_uppercase() || letters.peek().is_some_and(|next| next.is_lowercase()));
        if begins_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        previous = letter;
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::{is_plain, snake_case};

    #[test]
    fn plain_names_are_those_of_the_table() {
        for name in ["a", "_", "payments", "v2_rows", &"x".repeat(63)] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "Payments", "2rows", "a-b", "a b", "a\"", "a.b", "ä", &"x".repeat(64)] {
            assert!(!is_plain(name), "{name}");
        }
    }

    #[test]
    fn snake_case_follows_words() {
        let cases = [
            ("Draft", "draft"),
            ("PastDue", "past_due"),
            ("EUR", "eur"),
            ("SEPATransfer", "sepa_transfer"),
            ("Net30Days", "net30_days"),
            ("V2", "v2"),
            ("past_due", "past_due"),
            ("Über", "über"),
        ];
        for (name, snake) in cases {
            assert_eq!(snake_case(name), snake);
        }
    }
}
