//! Whatever bytes arrive: no panic, and never a tenant that they do not name.

use http::header::{AUTHORIZATION, HOST, HeaderValue};
use http::request::Builder;
use proptest::collection::vec;
use proptest::prelude::*;
use tenancy_core::TenantId;
use tokio::runtime::Runtime;

use super::token;
use super::world::{PROXY, World, X_API_KEY, X_TENANT_ID, get};

/// Anything that fits into a header, and often nearly a host of ours.
fn host() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("north"),
        Just("south"),
        Just("NORTH"),
        Just("gone"),
        Just("base.com"),
        Just("Base.Com"),
        Just("evil"),
        Just("com"),
        Just("www"),
        Just("."),
        Just("."),
        Just("-"),
        Just(":80"),
        Just(":"),
        Just("@"),
        Just("["),
        Just("]"),
        Just("::1"),
        Just("127.0.0.1"),
        Just(" "),
        Just("xn--"),
        Just("/"),
        Just("%2e"),
        Just("\u{ff0e}"),
        Just("ö"),
    ];
    prop_oneof![
        3 => vec(piece, 0..8).prop_map(|pieces| pieces.concat().into_bytes()),
        1 => vec(any::<u8>(), 0..80),
    ]
}

/// What the host should mean, told another way than the code does: by its text from the right.
fn named_by(host: &[u8]) -> Option<String> {
    let host = std::str::from_utf8(host).ok()?.to_ascii_lowercase();
    let host = host.split(':').next()?;
    let host = host.strip_suffix('.').unwrap_or(host);
    let below = host.strip_suffix(".base.com")?;
    below.split('.').next_back().map(str::to_owned)
}

fn resolved(world: &World, runtime: &Runtime, request: Builder) -> Option<TenantId> {
    let found = runtime.block_on(world.resolve(request)).ok().flatten();
    found.map(|found| found.tenant().id())
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

#[test]
fn any_host() {
    let (world, runtime) = (World::new(), runtime());
    proptest!(|(host in host())| {
        let Ok(value) = HeaderValue::from_bytes(&host) else { return Ok(()) };
        let found = resolved(&world, &runtime, get().header(HOST, value));
        let named = named_by(&host);
        for member in [&world.north, &world.south] {
            if found == Some(member.id) {
                prop_assert_eq!(named.as_deref(), Some(member.slug));
            }
        }
        prop_assert_ne!(found, Some(world.gone.id));
    });
}

/// The other direction, so that the test above does not pass by refusing everything.
#[test]
fn any_host_below_a_tenants_is_that_tenants() {
    let (world, runtime) = (World::new(), runtime());
    let label = "[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,20}[a-zA-Z0-9_])?";
    let deeper = vec(label, 0..4);
    proptest!(|(deeper in deeper, upper in any::<bool>(), dot in any::<bool>(), port in any::<Option<u16>>())| {
        for member in [&world.north, &world.south] {
            let deeper: String = deeper.iter().flat_map(|label| [label, "."]).collect();
            let mut host = format!("{deeper}{}", member.host());
            if upper { host.make_ascii_uppercase(); }
            let dot = if dot { "." } else { "" };
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            let host = format!("{host}{dot}{port}");
            prop_assert_eq!(resolved(&world, &runtime, get().header(HOST, host)), Some(member.id));
        }
    });
}

#[test]
fn any_tenant_header() {
    let (world, runtime) = (World::new(), runtime());
    let text = prop_oneof![
        vec(any::<u8>(), 0..80),
        "[ \t]?(north|south|gone|NORTH|north,south)[ \t\0]?".prop_map(String::into_bytes),
    ];
    proptest!(|(text in text)| {
        let Ok(value) = HeaderValue::from_bytes(&text) else { return Ok(()) };
        let from_anybody = get().header(X_TENANT_ID, value.clone());
        prop_assert_eq!(resolved(&world, &runtime, from_anybody), None);

        let from_proxy = get().extension(PROXY).header(X_TENANT_ID, value);
        let found = resolved(&world, &runtime, from_proxy);
        let named = std::str::from_utf8(&text).unwrap_or_default().trim();
        for member in [&world.north, &world.south] {
            prop_assert_eq!(found == Some(member.id), named == member.slug);
        }
    });
}

/// A credential that was changed anywhere is nobody's.
#[test]
fn any_bearer() {
    let (world, runtime) = (World::new(), runtime());
    let token = token::naming(&world, world.north.slug);
    let key = world.north.key.reveal().to_owned();
    let changed = prop_oneof![
        (Just(token), any::<prop::sample::Index>(), any::<u8>()),
        (Just(key), any::<prop::sample::Index>(), any::<u8>()),
    ];
    let changed = changed.prop_map(|(good, at, byte)| {
        let mut bytes = good.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        (bytes == good.as_bytes(), bytes)
    });
    let anything = prop_oneof![changed, vec(any::<u8>(), 0..200).prop_map(|bytes| (false, bytes))];
    proptest!(|((is_good, bytes) in anything)| {
        let bearer = [b"Bearer ".as_slice(), &bytes].concat();
        for (name, value) in [(AUTHORIZATION, bearer), (X_API_KEY, bytes)] {
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            let found = resolved(&world, &runtime, get().header(name, value));
            prop_assert!(found.is_none() || (is_good && found == Some(world.north.id)));
        }
    });
}
