//! Whatever bytes arrive as an envelope: no panic, and nothing opens but what was sealed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::collection::vec;
use proptest::prelude::*;
use tenancy_core::Envelope;

use super::envelope::TTL;
use crate::resolve::envelope::context;
use crate::resolve::world::World;

const QUEUE: &str = "invoices";
const PAYLOAD: &[u8] = b"17";

fn sealed(world: &World) -> String {
    let north = context(world.north.id, world.north.slug);
    world.envelopes.seal(&north, QUEUE, PAYLOAD, TTL).unwrap().as_str().to_owned()
}

fn opens(world: &World, text: &str) -> bool {
    world.envelopes.open(text, QUEUE, PAYLOAD).is_ok()
}

/// Each byte in turn, to each other byte that a header may bring, and each cut and each repeat.
#[test]
fn altered_anywhere_it_does_not_open() {
    let world = World::new();
    let good = sealed(&world);
    assert!(opens(&world, &good));
    assert!(good.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    for at in 0..good.len() {
        for byte in 0x20..0x7f {
            let mut bytes = good.clone().into_bytes();
            let before = std::mem::replace(&mut bytes[at], byte);
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(opens(&world, &text), before == byte, "{at}: {text}");
        }
        assert!(!opens(&world, &good[..at]), "cut at {at}");
        assert!(!opens(&world, &good[at + 1..]), "cut before {at}");
        let twice = format!("{}{}", &good[..=at], &good[at..]);
        assert!(!opens(&world, &twice), "{at} twice");
    }
    for around in [format!(" {good}"), format!("{good} "), format!("{good}="), format!("{good}.")] {
        assert!(!opens(&world, &around), "{around}");
    }
    assert!(!opens(&world, &good.to_ascii_uppercase()));
    assert!(!opens(&world, &good.replace('.', "")));
}

/// The contents name whom they are for in the open: changed there, the seal is wrong.
#[test]
fn contents_of_another_tenant_do_not_open() {
    let world = World::new();
    let good = sealed(&world);
    let parts: Vec<_> = good.split('.').collect();
    let contents = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[2]).unwrap()).unwrap();
    let (north, south) = (world.north.id.to_string(), world.south.id.to_string());
    assert!(contents.contains(&north), "{contents}");
    let foreign = URL_SAFE_NO_PAD.encode(contents.replace(&north, &south));
    assert!(!opens(&world, &[parts[0], parts[1], &foreign, parts[3]].join(".")));
    // Without a seal, or with an empty one.
    assert!(!opens(&world, &[parts[0], parts[1], &foreign].join(".")));
    assert!(!opens(&world, &[parts[0], parts[1], &foreign, ""].join(".")));
    assert!(!opens(&world, &[parts[0], "", parts[2], parts[3]].join(".")));
}

#[test]
fn any_text() {
    let world = World::new();
    let good = sealed(&world);
    let piece = prop_oneof![
        Just("te1".to_owned()),
        Just(".".to_owned()),
        Just("k1".to_owned()),
        Just(good.split('.').nth(2).unwrap().to_owned()),
        Just(good.rsplit('.').next().unwrap().to_owned()),
        Just(good.clone()),
        "[A-Za-z0-9_=-]{0,60}",
        ".{0,20}",
    ];
    let pieces = vec(piece, 0..9).prop_map(|pieces| pieces.concat());
    let long = (0..3 * Envelope::MAX_LEN).prop_map(|len| "A".repeat(len));
    let texts = prop_oneof![4 => pieces, 1 => ".{0,400}", 1 => long];
    proptest!(|(text in texts)| {
        prop_assert_eq!(opens(&world, &text), text == good);
    });
}

/// The other direction: whatever is sealed opens, for that audience and payload alone.
#[test]
fn any_audience_and_payload() {
    let world = World::new();
    let keys = &world.envelopes;
    let audience = || ".{1,30}";
    let payload = || vec(any::<u8>(), 0..60);
    proptest!(|(one in audience(), other in audience(), this in payload(), that in payload(), wait in 0_u64..700)| {
        for member in [&world.north, &world.south] {
            let context = context(member.id, member.slug);
            let envelope = keys.seal(&context, &one, &this, TTL).unwrap();
            let opened = keys.open(envelope.as_str(), &one, &this).unwrap();
            prop_assert_eq!(opened.tenant_id(), member.id);
            prop_assert_eq!(opened.actor(), context.actor());
            let moved = keys.open(envelope.as_str(), &other, &that);
            prop_assert_eq!(moved.is_ok(), one == other && this == that);
            world.clock.advance(std::time::Duration::from_secs(wait));
            let later = keys.open(envelope.as_str(), &one, &this);
            prop_assert_eq!(later.is_ok(), wait < TTL.as_secs() + 30);
        }
    });
}
