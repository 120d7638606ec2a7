//! What one server of a cluster says about all of them.

use crate::slot::Slot;

/// The answer to `CLUSTER NODES`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// The primaries that have slots.
    pub(super) primaries: Vec<Primary>,
    /// Where all servers are that can be asked, replicas too.
    pub(super) addresses: Vec<String>,
}

/// A primary, as one server sees it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Primary {
    pub(super) address: String,
    /// Grows with each failover and each slot that comes: the higher one is right about a slot.
    pub(super) epoch: u64,
    /// Its slots: the first and the last of each range.
    pub(super) ranges: Vec<(Slot, Slot)>,
}

impl View {
    /// Reads it; lines that cannot be read are left out.
    pub(super) fn parse(text: &str) -> Self {
        let mut view = Self::default();
        for line in text.lines() {
            let words: Vec<_> = line.split(' ').collect();
            let [_, address, flags, _, _, _, epoch, _, slots @ ..] = &words[..] else { continue };
            // `host:port@port of the bus,name of the host`
            let address = address.split(['@', ',']).next().unwrap_or_default().to_owned();
            let is = |flag| flags.split(',').any(|found| found == flag);
            if is("noaddr") || is("handshake") || address.is_empty() {
                continue;
            }
            if is("master") {
                let ranges: Vec<_> = slots.iter().filter_map(|range| range_of(range)).collect();
                if let (false, Ok(epoch)) = (ranges.is_empty(), epoch.parse()) {
                    let address = address.clone();
                    view.primaries.push(Primary { address, epoch, ranges });
                }
            }
            if !is("fail") {
                view.addresses.push(address);
            }
        }
        view
    }
}

/// Reads `7`, or `0-5460`. A slot on its way, `[7->-id]`, is still where it was.
fn range_of(text: &str) -> Option<(Slot, Slot)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let slot = |text: &str| Slot::at(text.parse().ok()?);
    Some((slot(first)?, slot(last)?)).filter(|(first, last)| first <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(first: usize, last: usize) -> (Slot, Slot) {
        (Slot::at(first).expect("a slot"), Slot::at(last).expect("a slot"))
    }

    #[test]
    fn reads_what_redis_says() {
        let text = "\
            07c3 127.0.0.1:30004@31004,db.example slave e7d1 0 1426238317239 4 connected\n\
            67ed 127.0.0.1:30002@31002 master - 0 1426238316232 2 connected 5461-10922 [93->-292f]\n\
            e7d1 :30001@31001 myself,master - 0 0 9 connected 0-5460 16383\n\
            292f [::1]:30003@31003 master - 0 1426238318243 3 connected\n\
            824f 127.0.0.1:30006@31006 master,fail - 0 1426238317741 6 disconnected 11000\n\
            9a11 :0@0 master,noaddr - 0 0 7 disconnected 12000\n";
        let view = View::parse(text);
        let found: Vec<_> = view.primaries.iter().map(|p| (p.address.as_str(), p.epoch)).collect();
        let expected = [("127.0.0.1:30002", 2), (":30001", 9), ("127.0.0.1:30006", 6)];
        assert_eq!(found, expected);
        assert_eq!(view.primaries[0].ranges, [slots(5_461, 10_922)]);
        assert_eq!(view.primaries[1].ranges, [slots(0, 5_460), slots(16_383, 16_383)]);
        assert_eq!(view.addresses, ["127.0.0.1:30004", "127.0.0.1:30002", ":30001", "[::1]:30003"]);
    }

    #[test]
    fn what_is_malformed_is_left_out() {
        for text in ["", "x", "a b c d e f g h i", "a h:1@2 master - 0 0 x connected 0-1"] {
            assert_eq!(View::parse(text).primaries, [], "{text}");
        }
        let odd = "a h:1@2 master - 0 0 1 connected 5-1 16384 -3 7-70000 9";
        assert_eq!(View::parse(odd).primaries[0].ranges, [slots(9, 9)]);
    }
}
