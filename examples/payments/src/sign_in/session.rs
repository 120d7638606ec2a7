use http::HeaderMap;
use http::header::COOKIE;
use tenancy_core::{SessionSecret, TenantId};
use tenancy_sqlx::TenantEntity;
use time::{Duration, OffsetDateTime};

use crate::ids::{SessionId, UserId};

/// Who signed in, and when: what the directory does not know of its session of this id.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "sign_ins")]
pub(crate) struct SignIn {
    #[tenant(key)]
    pub(super) id: SessionId,
    pub(super) tenant_id: TenantId,
    pub(super) user_id: UserId,
    pub(super) created_at: OffsetDateTime,
    /// However much somebody works with it.
    pub(super) ends_at: OffsetDateTime,
}

/// How long a session lasts when nobody uses it.
pub(super) const IDLE: Duration = Duration::minutes(30);
/// How long a session lasts at most.
const LONGEST: Duration = Duration::hours(12);

/// The name that [`SessionResolver::host_cookie`](tenancy_core::resolve::SessionResolver) reads.
const COOKIE_NAME: &str = "__Host-session";

impl SignIn {
    pub(super) fn new(tenant_id: TenantId, user_id: UserId, now: OffsetDateTime) -> Self {
        let id = SessionId::generate();
        Self { id, tenant_id, user_id, created_at: now, ends_at: now + LONGEST }
    }

    /// Returns when it ends if nobody uses it any more.
    pub(super) fn idle_end(&self, now: OffsetDateTime) -> OffsetDateTime {
        self.ends_at.min(now + IDLE)
    }
}

/// Returns the header that gives a browser its session, for as long as it is open.
pub(super) fn cookie(secret: &SessionSecret) -> String {
    format!("{COOKIE_NAME}={}; Path=/; Secure; HttpOnly; SameSite=Lax", secret.reveal())
}

/// Returns the header that takes it away.
pub(super) fn no_cookie() -> String {
    format!("{COOKIE_NAME}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// Tells whether a request came with a session.
pub(crate) fn has_session(headers: &HeaderMap) -> bool {
    secret_of(headers).is_some()
}

/// Reads the session of a request. Whether it is good was decided when the request was let in.
pub(super) fn secret_of(headers: &HeaderMap) -> Option<SessionSecret> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == COOKIE_NAME)?;
    SessionSecret::parse(value.trim()).ok()
}
