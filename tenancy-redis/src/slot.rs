//! The slots of a cluster: which server has a key.

use std::fmt;

/// One of the 16,384 parts of a cluster's keys.
///
/// It is the CRC-16 of the part of a key between the first braces, or of the whole key; from the
/// specification of Redis Cluster, "Hash tags".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(u16);

impl Slot {
    /// How many there are.
    pub(crate) const COUNT: usize = 16_384;

    /// Returns the slot of a key.
    pub(crate) fn of(key: &[u8]) -> Self {
        Self(crc16(hash_tag(key)) % 16_384)
    }

    pub(crate) fn index(self) -> usize {
        self.0.into()
    }

    pub(crate) fn at(index: usize) -> Option<Self> {
        u16::try_from(index).ok().filter(|slot| usize::from(*slot) < Self::COUNT).map(Self)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The part of a key that is hashed.
fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|byte| *byte == b'{') else { return key };
    let rest = &key[open + 1..];
    match rest.iter().position(|byte| *byte == b'}') {
        Some(length @ 1..) => &rest[..length],
        // Empty braces and open ones are no tag.
        _ => key,
    }
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        let [high, _] = crc.to_be_bytes();
        (crc << 8) ^ TABLE[usize::from(high ^ byte)]
    })
}

/// What a byte does to it.
const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte: u16 = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte << 8, 0);
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// What `CLUSTER KEYSLOT` of Redis 7.0 says.
    #[test]
    fn slots_are_those_of_redis() {
        let known: [(&str, usize); 9] = [
            ("123456789", 12_739),
            ("foo", 12_182),
            ("", 0),
            ("{user1000}.following", 3_443),
            ("user1000", 3_443),
            ("foo{}{bar}", 8_363),
            ("foo{{bar}}zap", 4_015),
            ("foo{bar}{zap}", 5_061),
            ("foo{bar", 15_278),
        ];
        for (key, slot) in known {
            assert_eq!(Slot::of(key.as_bytes()).index(), slot, "{key}");
        }
        assert_eq!(crc16(b"123456789"), 0x31C3);
    }

    #[test]
    fn an_index_beyond_the_last_is_no_slot() {
        assert_eq!(Slot::at(16_383).map(Slot::index), Some(16_383));
        assert_eq!(Slot::at(16_384), None);
        assert_eq!(Slot::at(70_000), None);
    }
}
