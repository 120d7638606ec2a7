//! Small numbers as text that is there already.

/// What is below has its digits in the program: most limits, and most waits.
const END: usize = 10_000;

/// Four digits each, with zeros in front.
static DIGITS: [u8; 4 * END] = {
    let mut digits = [0; 4 * END];
    let mut number = 0;
    while number < END {
        let (mut rest, mut place) = (number, 4);
        while place > 0 {
            place -= 1;
            #[expect(clippy::cast_possible_truncation, reason = "a digit fits")]
            let digit = (rest % 10) as u8;
            digits[4 * number + place] = b'0' + digit;
            rest /= 10;
        }
        number += 1;
    }
    digits
};

static TEXT: &str = match str::from_utf8(&DIGITS) {
    Ok(text) => text,
    Err(_) => panic!("digits are ASCII"),
};

/// Returns the digits of a number; `None` for ten thousand and above.
#[inline]
pub(super) fn of(number: u64) -> Option<&'static str> {
    let at = usize::try_from(number).ok().filter(|at| *at < END)?;
    let zeros = match at {
        1_000.. => 0,
        100.. => 1,
        10.. => 2,
        _ => 3,
    };
    TEXT.get(4 * at + zeros..4 * at + 4)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn every_small_number_is_written_as_it_always_is() {
        for number in 0..10_000 {
            assert_eq!(of(number), Some(number.to_string().as_str()), "{number}");
        }
        assert_eq!(of(10_000), None);
        assert_eq!(of(u64::MAX), None);
    }
}
