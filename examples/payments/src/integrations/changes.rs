use serde::Deserialize;
use tenancy_core::Problem;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::connection::{BreakerRule, ConnectionState};
use super::new_connection::{Priority, Secret};
use super::{Connection, Integrations};
use crate::line::Line;

/// What may be changed of a connection. What is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<Line<100>>,
    /// A new key. It is never shown again.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 8, max_length = 500)]
    secret: Option<Secret>,
    #[serde(default)]
    #[schema(value_type = Option<u16>, maximum = 1000)]
    priority: Option<Priority>,
    #[serde(default)]
    state: Option<ConnectionState>,
    /// Change it only while it has this version.
    #[serde(default)]
    version: Option<i64>,
}

impl Changes {
    pub(super) fn apply(
        self,
        integrations: &Integrations,
        connection: &mut Connection,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        if self.version.is_some_and(|version| version != connection.version) {
            return Err(changed());
        }
        if let Some(name) = self.name {
            connection.name = name.into_string();
        }
        if let Some(secret) = self.secret {
            let (tenant, id) = (connection.tenant_id, connection.id);
            connection.secret = secret.sealed(integrations, tenant, id, connection.kind)?;
        }
        if let Some(priority) = self.priority {
            connection.priority = priority.0;
        }
        if let Some(state) = self.state {
            connection.state = state;
        }
        connection.updated_at = now;
        Ok(())
    }
}

/// What is to be with a connection's breaker.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BreakerChange {
    /// `open` and `closed` hold until somebody says otherwise; `automatic` begins anew, closed.
    pub(super) rule: BreakerRule,
}

pub(super) fn changed() -> Problem {
    Problem::new(409, "connection_changed", "The connection has changed meanwhile")
        .with_detail("read it again")
        .with_param("version")
}
