//! An authenticator of RFC 6238, written apart from the one that it is shown to.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::harness::Server;

/// Somebody's telephone, that has read a secret.
pub(super) struct Authenticator(Vec<u8>);

impl Authenticator {
    /// Reads the secret as somebody types it: base32.
    pub(super) fn reading(secret: &str) -> Self {
        let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
        for letter in secret.bytes() {
            let five = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                _ => panic!("not base32"),
            };
            bits = (bits << 5 | u32::from(five)) & 0xfff;
            count += 5;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from(bits >> count & 0xff).expect("a byte"));
            }
        }
        Self(bytes)
    }

    /// Waits for the next code and reads it.
    pub(super) async fn next(&self, server: &Server) -> String {
        server.advance(Duration::from_secs(30)).await;
        self.now(server).await
    }

    /// Reads the code of this moment, of the server's clock.
    pub(super) async fn now(&self, server: &Server) -> String {
        let now = server.operator().get("/demo/clock").await.ok(200);
        let now = OffsetDateTime::parse(now["now"].as_str().expect("a time"), &Rfc3339);
        self.at(now.expect("a time").unix_timestamp() / 30)
    }

    fn at(&self, step: i64) -> String {
        let mac = hmac_sha1(&self.0, &step.to_be_bytes());
        let at = usize::from(mac[19] & 15);
        let number = u32::from_be_bytes(mac[at..at + 4].try_into().expect("four")) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// RFC 2104, for keys of up to a block.
fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = sha1(&[&block.map(|byte| byte ^ 0x36)[..], message].concat());
    sha1(&[&block.map(|byte| byte ^ 0x5c)[..], &inner].concat())
}

/// RFC 3174.
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut padded = [message, &[0x80]].concat();
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks(64) {
        let mut words: Vec<_> = block
            .chunks(4)
            .map(|four| u32::from_be_bytes(four.try_into().expect("four")))
            .collect();
        for at in 16..80 {
            words.push(
                (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1),
            );
        }
        let mut now = state;
        for (at, word) in words.iter().enumerate() {
            let [first, x, y, z, last] = now;
            let (mixed, constant) = match at {
                0..20 => (x & y | !x & z, 0x5a82_7999),
                20..40 => (x ^ y ^ z, 0x6ed9_eba1),
                40..60 => (x & y | x & z | y & z, 0x8f1b_bcdc),
                _ => (x ^ y ^ z, 0xca62_c1d6),
            };
            let next = first.rotate_left(5).wrapping_add(mixed).wrapping_add(last);
            let next = next.wrapping_add(constant).wrapping_add(*word);
            now = [next, first, x.rotate_left(30), y, z];
        }
        for (sum, part) in state.iter_mut().zip(now) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// RFC 6238, appendix B.
#[test]
fn it_shows_the_codes_of_the_standard() {
    let phone = Authenticator::reading("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(phone.0, b"12345678901234567890");
    assert_eq!([59, 1_111_111_109].map(|at| phone.at(at / 30)), ["287082", "081804"]);
}
