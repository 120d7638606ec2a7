//! Crockford's base32 in lower case: 128 bits as 26 letters and digits that sort like the bits.
//!
//! One text for one number: no letter stands for another, unlike in the original.

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// Writes a number.
pub(crate) fn encode(number: u128) -> String {
    (0..LENGTH)
        .rev()
        .map(|place| {
            let digit = (number >> (5 * place)) & 31;
            char::from(DIGITS[usize::try_from(digit).expect("five bits fit")])
        })
        .collect()
}

/// Reads a number; `None` for any text that [`encode`] does not write.
pub(crate) fn decode(text: &str) -> Option<u128> {
    if text.len() != LENGTH {
        return None;
    }
    text.bytes().try_fold(0_u128, |number, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        // 26 digits have two bits more than the number: they must be zero.
        (number >> 123 == 0).then_some((number << 5) | digit as u128)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_one_text() {
        for number in [0, 1, 31, 32, u128::MAX, u128::MAX - 1, 0x0193_4567_89ab_7cde_8f01_2345] {
            let text = encode(number);
            assert_eq!(text.len(), 26);
            assert_eq!(decode(&text), Some(number), "{text}");
        }
        assert_eq!(encode(u128::MAX), "7zzzzzzzzzzzzzzzzzzzzzzzzz");
    }

    #[test]
    fn texts_sort_like_numbers() {
        let numbers = [0, 1, 31, 32, 1 << 64, 1 << 120, u128::MAX];
        let texts = numbers.map(encode);
        assert!(texts.is_sorted(), "{texts:?}");
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "",
            "0",
            "00000000000000000000000000a",
            "8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "0000000000000000000000000i",
            "0000000000000000000000000o",
            "0000000000000000000000000-",
            "000000000000000000000000é",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
