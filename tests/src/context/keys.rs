//! Keys of envelopes: told apart by id, replaced while others use them, shown to nobody.

use tenancy_core::{EnvelopeKey, EnvelopeKeys, ErrorKind};

use super::envelope::TTL;
use super::two;

const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";

fn key(id: &str) -> EnvelopeKey {
    EnvelopeKey::new(id, SECRET).unwrap()
}

#[test]
fn a_key_needs_a_name_and_a_secret() {
    assert_eq!(EnvelopeKey::new("k", &SECRET[..31]).unwrap_err().subject(), Some("secret"));
    assert!(EnvelopeKey::new("k", &SECRET[..32]).is_ok());
    let long = "k".repeat(33);
    for id in ["", "a.b", "a b", "ö", "a\n", long.as_str()] {
        assert_eq!(EnvelopeKey::new(id, SECRET).unwrap_err().subject(), Some("id"), "{id}");
    }
}

#[test]
fn two_keys_of_one_name_are_refused_and_change_nothing() {
    assert!(EnvelopeKeys::new(key("k1"), [key("k2"), key("k2")]).is_err());
    let keys = EnvelopeKeys::new(key("k1"), []).unwrap();
    for context in two() {
        let envelope = keys.seal(&context, "q", b"p", TTL).unwrap();
        let refused = keys.replace(key("k2"), [key("k2")]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid);
        assert!(keys.open(envelope.as_str(), "q", b"p").is_ok());
    }
}

/// The three steps, on two nodes that take them one after the other.
#[test]
fn a_rotation_step_by_step_refuses_nobody() {
    let secret = |id: &str| format!("thirty-two bytes that only {id} has: a secret");
    let key = |id: &str| EnvelopeKey::new(id, secret(id).as_bytes()).unwrap();
    let (old, new) = (|| key("old"), || key("new"));
    let nodes = [(); 2].map(|()| EnvelopeKeys::new(old(), []).unwrap());
    let step = |turn: u8, node: &EnvelopeKeys| match turn {
        1 => node.replace(old(), [new()]),
        2 => node.replace(new(), [old()]),
        _ => node.replace(new(), []),
    };
    let all_understand = || {
        for context in two() {
            for (from, to) in [(0, 1), (1, 0), (0, 0), (1, 1)] {
                let envelope = nodes[from].seal(&context, "q", b"p", TTL).unwrap();
                let opened = nodes[to].open(envelope.as_str(), "q", b"p").unwrap();
                assert_eq!(opened.tenant_id(), context.tenant_id());
            }
        }
    };
    for turn in 1..=3 {
        for node in &nodes {
            step(turn, node).unwrap();
            all_understand();
        }
    }
}

/// All who hold a clone see the change, whatever they do at the moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clones_share_what_is_replaced() {
    let keys = EnvelopeKeys::new(key("k0"), []).unwrap();
    let mut running = tokio::task::JoinSet::new();
    for context in two() {
        let keys = keys.clone();
        running.spawn(async move {
            for _ in 0..500 {
                // It may have been replaced twice meanwhile; it is never half of each.
                let envelope = keys.seal(&context, "q", b"p", TTL).unwrap();
                if let Ok(opened) = keys.open(envelope.as_str(), "q", b"p") {
                    assert_eq!(opened.tenant_id(), context.tenant_id());
                }
            }
        });
    }
    for turn in 1..200 {
        let id = |turn: u32| format!("k{turn}");
        keys.replace(key(&id(turn)), [key(&id(turn - 1))]).unwrap();
    }
    running.join_all().await;
    let envelope = keys.clone().seal(&two()[0], "q", b"p", TTL).unwrap();
    assert!(envelope.as_str().starts_with("te1.k199."));
}

#[test]
fn nothing_shows_a_secret_or_an_envelope() {
    let keys = EnvelopeKeys::new(key("k1"), [key("k2")]).unwrap();
    for context in two() {
        let envelope = keys.seal(&context, "q", b"p", TTL).unwrap();
        let opened = keys.open(envelope.as_str(), "q", b"p").unwrap();
        let refused = keys.open(envelope.as_str(), "q", b"other").unwrap_err();
        let cut = &envelope.as_str()[..envelope.as_str().len() - 1];
        let altered = keys.open(cut, "q", b"p").unwrap_err();
        let seal = envelope.as_str().rsplit('.').next().unwrap();
        for shown in [
            format!("{keys:?} {keys:#?} {:?}", key("k1")),
            format!("{envelope:?} {opened:?}"),
            format!("{refused} {refused:?} {altered} {altered:?}"),
        ] {
            assert!(!shown.contains("secret of thirty") && !shown.contains(seal), "{shown}");
            assert!(!shown.contains("97, 32, 115"), "{shown}");
        }
        assert!(format!("{keys:?}").contains("k2"));
    }
}

/// A job record keeps one as a string.
#[test]
fn it_is_stored_as_text() {
    let keys = EnvelopeKeys::new(key("k1"), []).unwrap();
    for context in two() {
        let envelope = keys.seal(&context, "q", b"p", TTL).unwrap();
        let stored = serde_json::to_string(&envelope).unwrap();
        assert_eq!(stored, format!("\"{}\"", envelope.as_str()));
        let back: tenancy_core::Envelope = serde_json::from_str(&stored).unwrap();
        assert!(keys.open(back.as_str(), "q", b"p").is_ok());
    }
}
