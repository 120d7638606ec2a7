//! Text from outside, made fit to be kept: bounded, on one line, and still told apart.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Returns the text, of at most `max` bytes and without characters that act on what shows it.
///
/// Control characters and those that turn or hide text become escapes such as `\u{a}`. What is
/// too long ends in `…` and a part of its SHA-256, so that two long texts stay different. What
/// comes out stays as it is when it goes in again.
pub(super) fn bounded(text: &str, max: usize) -> Box<str> {
    if text.len() <= max && text.chars().all(is_plain) {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len().min(max) + 16);
    for character in text.chars() {
        if is_plain(character) {
            plain.push(character);
        } else {
            plain.extend(character.escape_unicode());
        }
        if plain.len() > max {
            return cut(text, &plain, max);
        }
    }
    plain.into()
}

/// `…`, and 16 digits that tell the whole text from others.
const MARK: usize = '…'.len_utf8() + 16;

fn cut(whole: &str, plain: &str, max: usize) -> Box<str> {
    let mut cut = plain[..plain.floor_char_boundary(max.saturating_sub(MARK))].to_owned();
    cut.push('…');
    for byte in &Sha256::digest(whole.as_bytes())[..8] {
        // Writing to a String does not fail.
        let _ = write!(cut, "{byte:02x}");
    }
    cut.into()
}

fn is_plain(character: char) -> bool {
    let hides = matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !character.is_control() && !hides
}

#[cfg(test)]
mod tests {
    use super::bounded;

    #[test]
    fn it_stays_on_one_line() {
        assert_eq!(&*bounded("a\nb\r\u{202e}c\0", 100), r"a\u{a}b\u{d}\u{202e}c\u{0}");
        assert_eq!(&*bounded("Zoë – 東京", 100), "Zoë – 東京");
    }

    #[test]
    fn long_texts_are_cut_and_stay_different() {
        let [one, other] = ["1", "2"].map(|end| bounded(&("é".repeat(500) + end), 100));
        assert_ne!(one, other);
        for text in [one, other, bounded(&"\n".repeat(500), 100)] {
            assert!(text.len() <= 100);
            assert_eq!(bounded(&text, 100), text, "it stays as it is");
        }
    }
}
