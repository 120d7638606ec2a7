use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantId};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::connection::{BreakerRule, ConnectionState};
use super::{Connection, Integrations, ProviderKind};
use crate::ids::ConnectionId;
use crate::line::Line;

/// What it takes to make a connection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConnection {
    kind: ProviderKind,
    /// For people to read.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "Cards in Europe")]
    name: Line<100>,
    /// The provider's address, one of those that the platform allows; without it, the only one.
    #[serde(default)]
    #[schema(example = json!(null))]
    base_url: Option<String>,
    /// The account's key; of Paynova `KEY:SECRET`. It is never shown again.
    #[schema(value_type = String, min_length = 8, max_length = 500, example = "sk_test_4eC39HqLyjWDarjtT1zdp7dc")]
    secret: Secret,
    /// Lower ones are asked first.
    #[serde(default)]
    #[schema(value_type = Option<u16>, maximum = 1000, example = 10)]
    priority: Priority,
}

impl NewConnection {
    /// Makes the connection, its secret sealed.
    pub(super) fn made(
        self,
        integrations: &Integrations,
        tenant: TenantId,
        now: OffsetDateTime,
    ) -> Result<Connection, Problem> {
        let id = ConnectionId::generate();
        Ok(Connection {
            id,
            tenant_id: tenant,
            kind: self.kind,
            name: self.name.into_string(),
            base_url: address(integrations, self.kind, self.base_url.as_deref())?,
            secret: self.secret.sealed(integrations, tenant, id, self.kind)?,
            priority: self.priority.0,
            state: ConnectionState::Active,
            breaker: BreakerRule::Automatic,
            created_at: now,
            updated_at: now,
            version: 1,
        })
    }
}

fn address(
    integrations: &Integrations,
    kind: ProviderKind,
    asked: Option<&str>,
) -> Result<String, Problem> {
    let mut allowed = integrations.allowed(kind);
    let found = match asked {
        Some(asked) => allowed.find(|url| *url == asked.trim_end_matches('/')),
        None => allowed.next().filter(|_| allowed.next().is_none()),
    };
    found.map(str::to_owned).ok_or_else(|| {
        Problem::new(422, "field_invalid", "A field is not valid")
            .with_param("base_url")
            .with_detail("an address that the platform allows for this kind is expected")
    })
}

/// A secret from a caller: visible ASCII. It is shown nowhere.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Secret(String);

impl TryFrom<String> for Secret {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let is_good =
            (8..=500).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_good { Ok(Self(text)) } else { Err("8 to 500 visible ASCII characters are expected") }
    }
}

impl Secret {
    pub(super) fn sealed(
        &self,
        integrations: &Integrations,
        tenant: TenantId,
        id: ConnectionId,
        kind: ProviderKind,
    ) -> Result<Vec<u8>, Problem> {
        if kind == ProviderKind::Paynova && !self.0.contains(':') {
            return Err(Problem::new(422, "field_invalid", "A field is not valid")
                .with_param("secret")
                .with_detail("KEY:SECRET is expected"));
        }
        integrations.seal(tenant, id, &self.0)
    }
}

/// 0 to 1,000; 100 where nothing is said.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct Priority(pub(super) i64);

impl Default for Priority {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<i64> for Priority {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        if (0..=1_000).contains(&number) { Ok(Self(number)) } else { Err("0 to 1000 is expected") }
    }
}
