use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use tenancy_core::audit::{AuditAction, AuditParty, AuditQuery, AuditResource};
use tenancy_core::{ActorKind, Problem};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::IntoParams;

/// Which entries of the log a query asks for, the newest first. See [`AuditParams`].
///
/// Any other parameter, a wrong value, or one given twice is refused with its name: 422
/// `parameter_invalid`.
#[derive(Debug, Clone)]
pub struct AuditFilter {
    query: AuditQuery,
    limit: u32,
}

/// [`AuditFilter`], for the documentation of a route.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes; AuditFilter reads")]
pub struct AuditParams {
    /// How many to return at most.
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: Option<u32>,
    /// Begin behind this number: the last `sequence` of the page before.
    after: Option<u64>,
    /// `payments.capture`
    action: Option<String>,
    /// `user:usr_1`
    actor: Option<String>,
    /// `payments:pay_1`
    resource: Option<String>,
    /// Whose it is: `user:cus_7`
    owner: Option<String>,
    /// From this time on, as in RFC 3339.
    since: Option<String>,
    /// Before this time, as in RFC 3339.
    until: Option<String>,
    /// `true`: only what somebody did to another's.
    by_others: Option<bool>,
}

impl AuditFilter {
    const DEFAULT: u32 = 10;
    const MAX: u32 = 100;

    /// Returns what to ask the log for: one entry more than is wanted.
    pub fn query(&self) -> AuditQuery {
        self.query.clone().limit(self.limit + 1)
    }

    /// Returns how many entries are wanted.
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Problem> {
        let mut filter = Self { query: AuditQuery::new().newest_first(), limit: Self::DEFAULT };
        for (at, (name, value)) in pairs.iter().enumerate() {
            if pairs[..at].iter().any(|(before, _)| before == name) {
                return Err(invalid(name, "the parameter is there twice"));
            }
            filter = filter.with(name, value)?;
        }
        Ok(filter)
    }

    fn with(self, name: &str, value: &str) -> Result<Self, Problem> {
        let Self { query, limit } = self;
        let query = match name {
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=Self::MAX).contains(limit));
                let limit =
                    limit.ok_or_else(|| invalid(name, "a number of 1 to 100 is expected"))?;
                return Ok(Self { query, limit });
            }
            "after" => query.after(read(name, value, "the number of an entry is expected")?),
            "action" => query.action(read::<AuditAction>(name, value, "an action is expected")?),
            "actor" => query.actor(party(name, value)?),
            "owner" => query.owner(party(name, value)?),
            "resource" => {
                let (kind, id) = pair(name, value)?;
                query.resource(AuditResource::new(kind, id))
            }
            "since" => query.since(moment(name, value)?),
            "until" => query.until(moment(name, value)?),
            "by_others" => match value {
                "true" => query.by_others(),
                "false" => query,
                _ => return Err(invalid(name, "true or false is expected")),
            },
            _ => return Err(invalid(name, "there is no such parameter")),
        };
        Ok(Self { query, limit })
    }
}

fn read<T: FromStr>(name: &str, value: &str, expected: &'static str) -> Result<T, Problem> {
    value.parse().map_err(|_| invalid(name, expected))
}

fn party(name: &str, value: &str) -> Result<AuditParty, Problem> {
    let (kind, id) = pair(name, value)?;
    let kind = read::<ActorKind>(name, kind, "kind:id is expected, such as user:usr_1")?;
    Ok(AuditParty::new(kind, id))
}

fn pair<'a>(name: &str, value: &'a str) -> Result<(&'a str, &'a str), Problem> {
    value.split_once(':').ok_or_else(|| invalid(name, "kind:id is expected, such as user:usr_1"))
}

fn moment(name: &str, value: &str) -> Result<OffsetDateTime, Problem> {
    OffsetDateTime::parse(value, &Rfc3339)
        .map_err(|_| invalid(name, "a time is expected, such as 2027-01-31T12:00:00Z"))
}

fn invalid(param: &str, detail: &'static str) -> Problem {
    Problem::new(422, "parameter_invalid", "A parameter is not valid")
        .with_param(param.to_owned())
        .with_detail(detail)
}

impl<S: Send + Sync> FromRequestParts<S> for AuditFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(Query(pairs)) =
            Query::<Vec<(String, String)>>::from_request_parts(parts, state).await
        else {
            return Err(Problem::new(422, "parameter_invalid", "The query is malformed"));
        };
        Self::read(&pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pairs: &[(&str, &str)]) -> Result<AuditFilter, Problem> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        AuditFilter::read(&pairs)
    }

    #[test]
    fn each_parameter_narrows() {
        let none = filter(&[]).unwrap();
        assert_eq!((none.limit(), none.query().page()), (10, (None, 11)));
        assert!(none.query().is_newest_first());
        let all = filter(&[
            ("limit", "2"),
            ("after", "17"),
            ("action", "payments.capture"),
            ("actor", "user:usr_1"),
            ("owner", "user:cus_1:2"),
            ("resource", "payments:pay_1"),
            ("since", "2027-01-01T00:00:00Z"),
            ("until", "2027-02-01T00:00:00+09:00"),
            ("by_others", "true"),
        ]);
        let query = all.unwrap().query();
        assert_eq!(query.page(), (Some(17), 3));
        assert_eq!(query.wanted_actor(), Some(&AuditParty::user("usr_1")));
        assert_eq!(query.wanted_owner(), Some(&AuditParty::user("cus_1:2")));
        assert_eq!(query.wanted_resource(), Some(&AuditResource::new("payments", "pay_1")));
        assert!(query.wants_by_others());
    }

    #[test]
    fn refusals_name_the_parameter() {
        for (name, value) in [
            ("limit", "0"),
            ("limit", "101"),
            ("after", "-1"),
            ("action", "Capture!"),
            ("actor", "usr_1"),
            ("actor", "ghost:1"),
            ("resource", "payment"),
            ("since", "yesterday"),
            ("by_others", "1"),
            ("tenant", "kita"),
        ] {
            let problem = filter(&[(name, value)]).unwrap_err();
            assert_eq!((problem.status(), problem.param()), (422, Some(name)), "{value}");
        }
        assert!(filter(&[("after", "1"), ("after", "2")]).is_err());
    }
}
