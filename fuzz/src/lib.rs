//! What must hold for any bytes that reach resolution.
//!
//! `fuzz/run NAME` lets libFuzzer look for bytes for which it does not hold. The tests here try
//! the seeds and changes of them, so that what the fuzzer calls stays true meanwhile.
#![allow(clippy::missing_panics_doc, reason = "a panic is how a property says that it broke")]

mod host;
mod request;
mod token;
mod world;

pub use host::host;
pub use request::request;
pub use token::token;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Bytes that look random and are the same in each run (Marsaglia's xorshift64).
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 >> 33).expect("31 bits")
        }

        fn change(&mut self, bytes: &mut Vec<u8>) {
            let at = self.next() % (bytes.len() + 1);
            let byte = u8::try_from(self.next() % 256).expect("a byte");
            match self.next() % 3 {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ if at < bytes.len() => bytes[at] = byte,
                _ => {}
            }
        }
    }

    fn holds_for_seeds_and_their_changes(name: &str, property: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut seeds = 0;
        for seed in fs::read_dir(folder).expect("a folder of seeds") {
            let seed = fs::read(seed.expect("a seed").path()).expect("a seed");
            property(&seed);
            for changes in 1..200 {
                let mut bytes = seed.clone();
                for _ in 0..changes % 9 {
                    random.change(&mut bytes);
                }
                property(&bytes);
            }
            seeds += 1;
        }
        assert!(seeds >= 3, "{seeds} seeds");
    }

    #[test]
    fn hosts() {
        holds_for_seeds_and_their_changes("host", super::host);
    }

    #[test]
    fn tokens() {
        holds_for_seeds_and_their_changes("token", super::token);
    }

    #[test]
    fn requests() {
        holds_for_seeds_and_their_changes("request", super::request);
    }
}
