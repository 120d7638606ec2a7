use http::HeaderMap;
use http::header::COOKIE;
use kit::identity::LinkToken;
use tenancy_sqlx::SharedEntity;
use time::{Duration, OffsetDateTime};

/// Somebody of the platform who has signed in.
#[derive(Debug, Clone, SharedEntity)]
#[tenant(table = "platform_sessions")]
pub(crate) struct PlatformSession {
    #[tenant(key)]
    pub(super) hash: Vec<u8>,
    pub(super) email: String,
    expires_at: OffsetDateTime,
    ends_at: OffsetDateTime,
}

/// How long a session lasts when nobody uses it.
const IDLE: Duration = Duration::minutes(30);
/// How long a session lasts at most.
const LONGEST: Duration = Duration::hours(8);

/// Not the cookie of tenants: a browser that has both sends each where it is asked for.
const COOKIE_NAME: &str = "__Host-platform";

impl PlatformSession {
    pub(super) fn new(token: &LinkToken, email: &str, now: OffsetDateTime) -> Self {
        let (hash, email) = (token.hash(), email.to_owned());
        Self { hash, email, expires_at: now + IDLE, ends_at: now + LONGEST }
    }

    pub(super) fn is_over(&self, now: OffsetDateTime) -> bool {
        self.expires_at.min(self.ends_at) <= now
    }

    /// Returns the same session with a later end, once half of its time is over.
    pub(super) fn kept(&self, now: OffsetDateTime) -> Option<Self> {
        let is_due = self.expires_at - now < IDLE / 2 && self.expires_at < self.ends_at;
        is_due.then(|| Self { expires_at: self.ends_at.min(now + IDLE), ..self.clone() })
    }
}

/// Returns the header that gives a browser its session.
pub(super) fn cookie(token: &LinkToken) -> String {
    format!("{COOKIE_NAME}={}; Path=/; Secure; HttpOnly; SameSite=Strict", token.reveal())
}

/// Returns the header that takes it away.
pub(super) fn no_cookie() -> String {
    format!("{COOKIE_NAME}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// Reads the session of a request. One that is there twice is none.
pub(super) fn token_of(headers: &HeaderMap) -> Option<LinkToken> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(name, _)| name.trim() == COOKIE_NAME);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => LinkToken::parse(value.trim()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_kept_open_and_not_for_ever() {
        let token = LinkToken::generate().unwrap();
        let begin = OffsetDateTime::UNIX_EPOCH;
        let mut session = PlatformSession::new(&token, "a@platform.example", begin);
        assert!(session.is_over(begin + IDLE) && !session.is_over(begin + IDLE / 2));
        assert!(session.kept(begin + IDLE / 4).is_none(), "it was written down just now");
        let mut now = begin;
        while let Some(kept) = session.kept(now + IDLE * 3 / 4) {
            now += IDLE * 3 / 4;
            assert!(!kept.is_over(now));
            session = kept;
        }
        assert!(session.is_over(begin + LONGEST), "however much somebody works with it");
    }

    #[test]
    fn one_cookie_is_read() {
        let (token, other) = (LinkToken::generate().unwrap(), LinkToken::generate().unwrap());
        let read = |cookie: String| {
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, cookie.parse().unwrap());
            token_of(&headers).map(|token| token.hash())
        };
        let (token, other) = (token.reveal(), other.reveal());
        let hash = LinkToken::parse(token).unwrap().hash();
        assert_eq!(read(format!("a=b; {COOKIE_NAME}={token}")), Some(hash));
        assert_eq!(read(format!("{COOKIE_NAME}={token}; {COOKIE_NAME}={other}")), None);
        assert_eq!(read(format!("__Host-session={token}")), None);
    }
}
