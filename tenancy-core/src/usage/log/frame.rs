//! The frames of a file: what one write and one sync bring to the disk together.
//!
//! A frame is `TUF1`, the length of its contents and the first eight bytes of their SHA-256, then
//! the contents; numbers are little-endian. A frame is written only after the one before it was
//! synced. So a bad frame is either the last one, cut off by a crash and acknowledged to nobody,
//! or has good ones behind it, and then the disk or somebody has damaged it.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

const MAGIC: [u8; 4] = *b"TUF1";
const HEAD: usize = 16;

/// The most that a frame holds.
pub(super) const MAX_LEN: usize = 4 << 20;

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frames {
    /// Where the contents of each frame are.
    pub(super) contents: Vec<Range<usize>>,
    pub(super) end: End,
}

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With its last frame.
    Whole,
    /// With a piece of a frame, that begins here.
    Torn(usize),
    /// Not at a frame that is damaged, and begins here.
    Damaged(usize),
}

/// Appends a frame to a buffer.
pub(super) fn push(buffer: &mut Vec<u8>, contents: &[u8]) {
    debug_assert!(contents.len() <= MAX_LEN, "a frame is split before");
    buffer.extend_from_slice(&MAGIC);
    buffer.extend_from_slice(&u32::try_from(contents.len()).unwrap_or(u32::MAX).to_le_bytes());
    buffer.extend_from_slice(&checksum(contents));
    buffer.extend_from_slice(contents);
}

/// Finds the frames of a file.
pub(super) fn read(bytes: &[u8]) -> Frames {
    let (mut contents, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let Some(range) = frame_at(bytes, at) else {
            let later = (at + 1..bytes.len()).any(|later| frame_at(bytes, later).is_some());
            let end = if later { End::Damaged(at) } else { End::Torn(at) };
            return Frames { contents, end };
        };
        at = range.end;
        contents.push(range);
    }
    Frames { contents, end: End::Whole }
}

/// Returns where the contents of a good frame are.
fn frame_at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let head = bytes.get(at..at + HEAD)?;
    let (magic, rest) = head.split_first_chunk::<4>()?;
    let (length, sum) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if *magic != MAGIC || length > MAX_LEN {
        return None;
    }
    let range = at + HEAD..at + HEAD + length;
    (checksum(bytes.get(range.clone())?) == sum).then_some(range)
}

fn checksum(contents: &[u8]) -> [u8; 8] {
    let digest = Sha256::digest(contents);
    let mut sum = [0; 8];
    sum.copy_from_slice(&digest[..8]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<u8> {
        let mut bytes = Vec::new();
        for contents in [&b"first"[..], b"", b"the third TUF1 of them"] {
            push(&mut bytes, contents);
        }
        bytes
    }

    #[test]
    fn frames_come_back() {
        let bytes = three();
        let frames = read(&bytes);
        let contents: Vec<_> = frames.contents.iter().map(|range| &bytes[range.clone()]).collect();
        assert_eq!(contents, [&b"first"[..], b"", b"the third TUF1 of them"]);
        assert_eq!((frames.end, read(b"").end), (End::Whole, End::Whole));
    }

    #[test]
    fn every_cut_is_a_torn_end_and_costs_only_what_it_cuts() {
        let bytes = three();
        let starts = [0, HEAD + 5, 2 * HEAD + 5, bytes.len()];
        for length in 0..bytes.len() {
            let frames = read(&bytes[..length]);
            let whole = starts.iter().filter(|start| **start <= length).count() - 1;
            assert_eq!(frames.contents.len(), whole, "cut at {length}");
            let end = if starts.contains(&length) { End::Whole } else { End::Torn(starts[whole]) };
            assert_eq!(frames.end, end, "cut at {length}");
        }
    }

    #[test]
    fn every_damaged_byte_is_seen() {
        let bytes = three();
        let third = 2 * HEAD + 5;
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            match read(&damaged).end {
                // Nothing good is behind the last frame.
                End::Torn(start) => assert!(start == third && at >= third, "byte {at}"),
                End::Damaged(start) => assert!(start <= at && at < third, "byte {at}"),
                End::Whole => panic!("byte {at} was not seen"),
            }
        }
    }
}
