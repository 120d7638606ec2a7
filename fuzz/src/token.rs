use http::header::{AUTHORIZATION, HeaderValue};
use tenancy_core::Trust;

use crate::world::World;

/// No bytes are a credential but the ones that were given out.
pub fn token(bytes: &[u8]) {
    World::with(|world| {
        for (name, prefix) in [(AUTHORIZATION.as_str(), "Bearer "), ("x-api-key", "")] {
            let value = [prefix.as_bytes(), bytes].concat();
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            let found = world.resolve(http::Request::get("/").header(name, value)).ok().flatten();
            let Some(found) = found else { continue };
            assert_eq!(found.trust(), Trust::Credential);
            let trimmed = bytes.trim_ascii();
            let member = [&world.north, &world.south]
                .into_iter()
                .find(|member| member.id == found.tenant().id())
                .expect("a tenant of this world");
            assert!(
                [member.token.as_bytes(), member.key.reveal().as_bytes()].contains(&trimmed),
                "a credential that nobody gave out"
            );
        }
        // A good token that is changed at one place, by two bytes of the input.
        let [at, with, ..] = bytes else { return };
        let mut changed = world.north.token.clone().into_bytes();
        let at = usize::from(*at) % changed.len();
        changed[at] ^= with;
        let Ok(value) = HeaderValue::from_bytes(&[b"Bearer ".as_slice(), &changed].concat()) else {
            return;
        };
        let found = world.resolve(http::Request::get("/").header(AUTHORIZATION, value));
        let is_found = found.ok().flatten().is_some();
        assert_eq!(is_found, changed == world.north.token.as_bytes());
    });
}
