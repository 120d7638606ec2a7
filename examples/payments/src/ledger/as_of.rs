use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;
use tenancy_core::Problem;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::IntoParams;

/// When to look at.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AsOf {
    /// What was written down until then; without it, until now. RFC 3339.
    #[param(example = "2026-11-30T00:00:00Z")]
    at: Option<String>,
}

impl AsOf {
    /// Returns the time that is asked for, if one is.
    ///
    /// # Errors
    ///
    /// 422 when it is none, or something else is asked for.
    pub(super) fn read(
        query: Result<Query<Self>, QueryRejection>,
    ) -> Result<Option<OffsetDateTime>, Problem> {
        let Query(Self { at }) = query.map_err(|_| invalid())?;
        at.map(|text| OffsetDateTime::parse(&text, &Rfc3339)).transpose().map_err(|_| invalid())
    }
}

/// From when to when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    /// What was written down from then on; without it, from the beginning. RFC 3339.
    #[param(example = "2026-11-01T00:00:00Z")]
    from: Option<String>,
    /// What was written down before; without it, until now. RFC 3339.
    #[param(example = "2026-12-01T00:00:00Z")]
    to: Option<String>,
}

impl Period {
    /// Returns the beginning, and the end if one is asked for.
    ///
    /// # Errors
    ///
    /// 422 when one is no time, or something else is asked for.
    pub(super) fn read(
        query: Result<Query<Self>, QueryRejection>,
    ) -> Result<(OffsetDateTime, Option<OffsetDateTime>), Problem> {
        let Query(Self { from, to }) = query.map_err(|_| no_time("from"))?;
        let time = |text: Option<String>, param| {
            text.map(|text| OffsetDateTime::parse(&text, &Rfc3339))
                .transpose()
                .map_err(|_| no_time(param))
        };
        let from = time(from, "from")?.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Ok((from, time(to, "to")?))
    }
}

fn invalid() -> Problem {
    no_time("at")
}

fn no_time(param: &'static str) -> Problem {
    Problem::new(422, "parameter_invalid", "A parameter is not valid")
        .with_detail("one time such as 2026-11-30T00:00:00Z is expected")
        .with_param(param)
}
