use http::header::{HOST, HeaderValue};
use tenancy_core::{TenantContext, Trust};

use crate::world::World;

/// With a credential of a tenant, whatever else a request says names that tenant or is refused;
/// without one, nothing it says is a credential.
///
/// The input's lines are the host, the tenant header, the path, the cookie and an address that
/// forwards.
pub fn request(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let values = [
        (HOST.as_str(), line()),
        ("x-tenant-id", line()),
        ("", line()),
        ("cookie", line()),
        ("x-forwarded-for", line()),
    ];
    World::with(|world| {
        for credential in [None, Some(&world.north), Some(&world.south)] {
            let mut request = http::Request::get("/");
            for (name, value) in values {
                if name.is_empty() {
                    let Ok(path) = std::str::from_utf8(value) else { return };
                    if !path.is_empty() {
                        request = request.uri(path);
                    }
                } else if !value.is_empty() {
                    let Ok(value) = HeaderValue::from_bytes(value) else { return };
                    request = request.header(name, value);
                }
            }
            if let Some(member) = credential {
                request = request.header("x-api-key", member.key.reveal());
            }
            let Ok(request) = request.body(()) else { return };
            let Ok(Some(found)) = world.resolve_parts(&request.into_parts().0) else { continue };
            match credential {
                None => assert_eq!(found.trust(), Trust::Address),
                Some(member) => {
                    assert_eq!(found.tenant().id(), member.id);
                    assert_eq!(found.trust(), Trust::Credential);
                }
            }
            assert!(TenantContext::try_current().is_none());
        }
    });
}
