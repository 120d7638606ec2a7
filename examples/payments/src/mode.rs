//! Test and live mode: two worlds of one tenant.
//!
//! Test mode works in the tenant's [sandbox](TenantId::sandbox): its customers, payments, ledger,
//! keys of idempotency and everything else are kept as if they were another tenant's. So no query
//! has to think of the mode, and none can forget it: what keeps tenants apart keeps modes apart,
//! in the types, in each statement and in the database. The directory, the rate, the plan and who
//! belongs to the tenant are the same in both.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use serde::Serialize;
use tenancy_core::{Error, Problem, TenantContext, TenantId};
use utoipa::ToSchema;

/// Whether money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// It does.
    Live,
    /// It does not: a trial, which counts for no quota.
    Test,
}

/// What sessions and tokens say with, and keys may: `test` or `live`.
const HEADER: HeaderName = HeaderName::from_static("payments-mode");

/// How keys begin. A key that begins otherwise is a test key: live is never a guess.
const LIVE_KEY: &str = "paykey_live_";

impl Mode {
    /// Returns the mode of data that is kept under this id.
    pub(crate) const fn of(tenant: TenantId) -> Self {
        if tenant.is_sandbox() { Self::Test } else { Self::Live }
    }

    /// Reads what a request's credential and header say. A key says it itself; sessions and tokens
    /// are live unless the header says otherwise.
    ///
    /// # Errors
    ///
    /// 422 for a header that says neither, and 403 `mode_mismatch` for one that contradicts the key.
    fn asked(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(HEADER).iter();
        let wanted = match (values.next().map(http::HeaderValue::as_bytes), values.next()) {
            (None, _) => None,
            (Some(b"live"), None) => Some(Self::Live),
            (Some(b"test"), None) => Some(Self::Test),
            _ => return Err(invalid()),
        };
        match (of_key(headers), wanted) {
            (Some(key), Some(wanted)) if key != wanted => Err(mismatch(key)),
            (Some(mode), _) | (None, Some(mode)) => Ok(mode),
            (None, None) => Ok(Self::Live),
        }
    }
}

/// Returns the mode of the API key, if the credential is one. The key has been found by its hash:
/// how it begins is what was given out.
fn of_key(headers: &HeaderMap) -> Option<Mode> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = text.split_once(' ')?;
    let credential = credential.trim_start_matches(' ');
    // A token has dots, a key has none.
    if !credential.contains('_') || credential.contains('.') {
        return None;
    }
    Some(if credential.starts_with(LIVE_KEY) { Mode::Live } else { Mode::Test })
}

/// Lets a request in test mode into the tenant's sandbox, and nowhere else. It stands next to the
/// handlers: what stands before it, such as limits, works for the tenant itself.
pub(crate) async fn enter(mut request: Request, next: Next) -> Response {
    match sandbox(&mut request) {
        Ok(Some(context)) => context.scope(next.run(request)).await,
        Ok(None) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn sandbox(request: &mut Request) -> Result<Option<TenantContext>, Problem> {
    let Some(context) = TenantContext::attached(request.extensions())? else { return Ok(None) };
    if Mode::asked(request.headers())? == Mode::Live {
        return Ok(None);
    }
    let context = context.sandbox()?;
    TenantContext::attach(Some(context.clone()), request.extensions_mut());
    Ok(Some(context))
}

/// Returns the tenant's own id and its sandbox's, for work over all data.
///
/// # Errors
///
/// [`ErrorKind::Internal`](tenancy_core::ErrorKind::Internal) for an id without a sandbox.
pub(crate) fn worlds(tenant: TenantId) -> Result<[TenantId; 2], Error> {
    let sandbox = tenant.sandbox().ok_or_else(|| {
        Error::new(tenancy_core::ErrorKind::Internal, "find a tenant's sandbox: its id has none")
    })?;
    Ok([tenant, sandbox])
}

fn invalid() -> Problem {
    Problem::new(422, "parameter_invalid", "A parameter is not valid")
        .with_detail("payments-mode is test or live, once")
        .with_param("payments-mode")
}

fn mismatch(key: Mode) -> Problem {
    let detail = match key {
        Mode::Live => "the key is a live key",
        Mode::Test => "the key is a test key",
    };
    Problem::new(403, "mode_mismatch", "The key is of the other mode")
        .with_detail(detail)
        .with_param("payments-mode")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &str)]) -> Result<Mode, u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        Mode::asked(&map).map_err(|problem| problem.status())
    }

    #[test]
    fn keys_say_it_and_others_may() {
        let (live, test) = ("Bearer paykey_live_12", "Bearer paykey_test_12");
        let token = "Bearer eyJh_live.eyJ.c2ln";
        assert_eq!(asked(&[("authorization", live)]), Ok(Mode::Live));
        assert_eq!(asked(&[("authorization", test)]), Ok(Mode::Test));
        assert_eq!(asked(&[("authorization", "bearer   paykey_test_1")]), Ok(Mode::Test));
        assert_eq!(asked(&[("authorization", "Bearer otherkey_12")]), Ok(Mode::Test), "no guess");
        assert_eq!(asked(&[("authorization", token)]), Ok(Mode::Live));
        assert_eq!(asked(&[("authorization", token), ("payments-mode", "test")]), Ok(Mode::Test));
        assert_eq!(asked(&[("payments-mode", "test")]), Ok(Mode::Test));
        assert_eq!(asked(&[]), Ok(Mode::Live));
    }

    #[test]
    fn nobody_is_talked_out_of_a_keys_mode() {
        for (key, header) in [("paykey_live_1", "test"), ("paykey_test_1", "live")] {
            let key = format!("Bearer {key}");
            assert_eq!(asked(&[("authorization", &key), ("payments-mode", header)]), Err(403));
        }
        assert_eq!(asked(&[("payments-mode", "Test")]), Err(422));
        assert_eq!(asked(&[("payments-mode", "test"), ("payments-mode", "live")]), Err(422));
    }
}
