use http::request::Parts;

use super::{Claimed, TenantClaim, TenantResolver};
use crate::{Error, ResolvedVia, TenantKey, Trust};

/// Reads a tenant's id or slug from the start of the path, such as `/t/harbor/invoices`.
///
/// The segment is taken as it is written: slugs and ids need no escapes, so `%68arbor` names
/// nobody, nor does an empty segment. Paths outside the prefix name no tenant.
///
/// ```
/// use tenancy_core::resolve::PathResolver;
///
/// let paths = PathResolver::under("/t/")?;
/// assert!(PathResolver::under("t").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PathResolver {
    prefix: String,
}

impl PathResolver {
    /// Reads the segment behind this prefix, which begins and ends with `/`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it does not, or holds anything but
    /// letters, digits, `-`, `_` and single slashes.
    pub fn under(prefix: impl Into<String>) -> Result<Self, Error> {
        let prefix = prefix.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte);
        let good = prefix.starts_with('/')
            && prefix.ends_with('/')
            && !prefix.contains("//")
            && prefix.bytes().all(plain);
        if good {
            return Ok(Self { prefix });
        }
        Err(Error::invalid("prefix", "read a path prefix: write it like /t/"))
    }
}

impl TenantResolver for PathResolver {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::Path
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        let path = parts.uri.path();
        let Some(rest) = path.strip_prefix(&self.prefix) else {
            // A router, or a proxy, may take `//t/` or `/./t/` for the prefix: such a path names
            // somebody for it, and nobody for us.
            return if is_ambiguous(path) { nobody() } else { Claimed::Absent };
        };
        let segment = rest.split('/').next().unwrap_or_default();
        match TenantKey::parse(segment) {
            Ok(key) if !is_ambiguous(path) => Claimed::Claim(TenantClaim::new(key, Trust::Address)),
            _ => nobody(),
        }
    }
}

fn nobody() -> Claimed {
    Claimed::Claim(TenantClaim::nobody(Trust::Address))
}

/// Tells whether others could read the path's segments differently: empty and dot segments,
/// slashes in disguise.
fn is_ambiguous(path: &str) -> bool {
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        // A trailing slash leaves an empty last segment.
        if segment.is_empty() && segments.peek().is_some() {
            return true;
        }
        if segment.bytes().any(|byte| byte == b'%' || byte == b'.' || byte == b'\\') {
            let lower = segment.to_ascii_lowercase();
            let dots = lower.replace("%2e", ".");
            if dots == "."
                || dots == ".."
                || lower.contains("%2f")
                || lower.contains(['\\'])
                || lower.contains("%5c")
            {
                return true;
            }
        }
    }
    false
}
