use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use tenancy_core::{Page, Problem};
use utoipa::IntoParams;

/// The part of a list a query asks for: `limit` of 1 to 100 and `starting_after` an id.
///
/// Any other parameter, a wrong value, or one given twice is refused with its name: 422
/// `parameter_invalid`.
#[derive(Debug, Clone)]
pub struct PageQuery<K> {
    limit: u16,
    starting_after: Option<K>,
}

/// [`PageQuery`], for the documentation of a route.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many to return at most.
    #[param(minimum = 1, maximum = 100, default = 10)]
    #[expect(dead_code, reason = "it describes; PageQuery reads")]
    limit: Option<u16>,
    /// Begin behind this id: the last one of the page before.
    #[expect(dead_code, reason = "it describes; PageQuery reads")]
    starting_after: Option<String>,
}

impl<K: FromStr> PageQuery<K> {
    const DEFAULT: u16 = 10;
    const MAX: u16 = 100;

    fn read(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        let (mut limit, mut starting_after) = (None, None);
        for (name, value) in pairs {
            let twice = match name.as_str() {
                "limit" => limit.replace(read_limit(&value)?).is_some(),
                "starting_after" => starting_after.replace(read_key(&value)?).is_some(),
                _ => return Err(invalid(name, "there is no such parameter")),
            };
            if twice {
                return Err(invalid(name, "the parameter is there twice"));
            }
        }
        Ok(Self { limit: limit.unwrap_or(Self::DEFAULT), starting_after })
    }

    /// Returns the page, the newest first.
    pub fn page(self) -> Page<K> {
        let page = Page::newest(self.limit);
        match self.starting_after {
            Some(key) => page.after(key),
            None => page,
        }
    }
}

fn read_limit(value: &str) -> Result<u16, Problem> {
    match value.parse() {
        Ok(limit @ 1..=PageQuery::<String>::MAX) => Ok(limit),
        _ => Err(invalid("limit", "a number of 1 to 100 is expected")),
    }
}

fn read_key<K: FromStr>(value: &str) -> Result<K, Problem> {
    value.parse().map_err(|_| invalid("starting_after", "an id of this list is expected"))
}

fn invalid(param: impl Into<String>, detail: &'static str) -> Problem {
    Problem::new(422, "parameter_invalid", "A parameter is not valid")
        .with_param(param.into())
        .with_detail(detail)
}

impl<S: Send + Sync, K: FromStr> FromRequestParts<S> for PageQuery<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(Query(pairs)) = Query::from_request_parts(parts, state).await else {
            return Err(Problem::new(422, "parameter_invalid", "The query is malformed"));
        };
        Self::read(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Page<i64>, Problem> {
        let owned = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        PageQuery::read(owned.collect()).map(PageQuery::page)
    }

    #[test]
    fn defaults_and_values() {
        let first = read(&[]).unwrap();
        assert_eq!((first.limit(), first.start()), (10, None));
        let next = read(&[("starting_after", "17"), ("limit", "100")]).unwrap();
        assert_eq!((next.limit(), next.start()), (100, Some(&17)));
    }

    #[test]
    fn refusals_name_the_parameter() {
        for (pairs, param) in [
            (&[("limit", "0")][..], "limit"),
            (&[("limit", "101")], "limit"),
            (&[("limit", "-1")], "limit"),
            (&[("limit", "65546")], "limit"),
            (&[("limit", "")], "limit"),
            (&[("limit", "2"), ("limit", "3")], "limit"),
            (&[("starting_after", "x")], "starting_after"),
            (&[("colour", "1")], "colour"),
        ] {
            let problem = read(pairs).unwrap_err();
            assert_eq!((problem.status(), problem.param()), (422, Some(param)), "{pairs:?}");
        }
    }
}
