use http::header::{HOST, HeaderValue};
use tenancy_core::Host;

use crate::world::{self, BASE, World};

/// A host is read in one way, and names the tenant that its text names, or nobody.
pub fn host(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(Some(host)) = Host::parse(text)
    {
        let name = host.as_str();
        assert_eq!(name, name.to_ascii_lowercase());
        assert!(!name.contains(':') && !name.ends_with('.') && name.len() <= 253, "{name}");
        assert_eq!(Host::parse(name).ok().flatten().as_ref(), Some(&host));
        if let Some(labels) = host.labels_under(BASE) {
            assert_eq!(format!("{labels}.{BASE}"), name);
        }
    }
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    World::with(|world| {
        let request = http::Request::get("/").header(HOST, value);
        let found = world.resolve(request).ok().flatten();
        assert_eq!(found.map(|found| found.tenant().id()), world.named(bytes));
    });
}

impl World {
    /// Whom a host means, told another way than the code does: by its text from the right.
    fn named(&self, host: &[u8]) -> Option<tenancy_core::TenantId> {
        let host = std::str::from_utf8(host).ok()?.to_ascii_lowercase();
        let (name, port) = host.split_once(':').unwrap_or((&host, ""));
        let labels =
            name.strip_suffix('.').unwrap_or(name).strip_suffix(BASE)?.strip_suffix('.')?;
        let is_label = |label: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            !label.is_empty() && label.len() < 64 && label.bytes().all(allowed)
        };
        let is_good = labels.split('.').all(is_label)
            && labels.len() + 1 + BASE.len() <= 253
            && port.len() < 6
            && port.bytes().all(|byte| byte.is_ascii_digit());
        let label = labels.rsplit('.').next()?;
        let member = [&self.north, &self.south].into_iter().find(|member| member.slug == label);
        member.filter(|_| is_good).map(|member: &world::Member| member.id)
    }
}
