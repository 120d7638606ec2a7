use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use kit::Sealer;
use kit::resilience::{BreakerOptions, Upstream};
use tenancy_core::{Error, ErrorKind, Problem, TenantId};

use super::guard::Guard;
use super::{Allowed, Connection, ProviderKind};
use crate::Config;
use crate::connectors::{self, Connector, Endpoint, Paynova, Stripe};
use crate::ids::ConnectionId;

/// What all connections share: servers they may lead to, the key of their secrets, and what is
/// known of who answers.
#[derive(Debug)]
pub(crate) struct Integrations {
    allowed: Vec<Allowed>,
    sealer: Arc<Sealer>,
    client: OnceLock<reqwest::Client>,
    guards: Mutex<HashMap<(TenantId, ConnectionId), Arc<Guard>>>,
    upstreams: Mutex<HashMap<String, Upstream>>,
}

/// All tenants together stop asking a server after so many failures in a minute...
const UPSTREAM_FAILURES: usize = 20;

/// ...of at least so many of them.
const UPSTREAM_TENANTS: usize = 2;

impl Integrations {
    /// Takes the servers that the operator allows, and what seals secrets.
    pub(crate) fn of(config: &Config, sealer: Arc<Sealer>) -> Self {
        Self {
            allowed: config.provider.clone(),
            sealer,
            client: OnceLock::new(),
            guards: Mutex::default(),
            upstreams: Mutex::default(),
        }
    }

    /// Returns the servers that a kind of connection may lead to.
    pub(super) fn allowed(&self, kind: ProviderKind) -> impl Iterator<Item = &str> {
        let of_kind = self.allowed.iter().filter(move |allowed| allowed.kind == kind);
        of_kind.map(|allowed| allowed.base_url.as_str())
    }

    /// Seals the secret of a connection.
    pub(super) fn seal(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        secret: &str,
    ) -> Result<Vec<u8>, Problem> {
        Ok(self.sealer.seal(tenant, &Connection::purpose(id), secret.as_bytes())?)
    }

    /// Returns what speaks to a connection's provider.
    pub(super) fn connector(&self, connection: &Connection) -> Result<Arc<dyn Connector>, Problem> {
        let purpose = Connection::purpose(connection.id);
        let secret = self.sealer.open(connection.tenant_id, &purpose, &connection.secret)?;
        let secret = String::from_utf8(secret).map_err(|_| unreadable())?;
        let endpoint = Endpoint::new(self.client()?, connection.base_url.clone());
        Ok(match connection.kind {
            ProviderKind::Stripe => Arc::new(Stripe::new(endpoint, secret)),
            ProviderKind::Paynova => {
                Arc::new(Paynova::new(endpoint, &secret).ok_or_else(unreadable)?)
            }
        })
    }

    fn client(&self) -> Result<reqwest::Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let made = connectors::client().map_err(|source| {
            Error::new(ErrorKind::Internal, "make a client of providers").with_source(source)
        })?;
        Ok(self.client.get_or_init(|| made).clone())
    }

    /// Returns what is known of whether a connection's provider answers.
    pub(super) fn guard(&self, connection: &Connection) -> Arc<Guard> {
        let upstream = self.upstream(&connection.base_url);
        let mut guards = self.guards.lock().expect("no code panics while it holds this lock");
        let of = (connection.tenant_id, connection.id);
        guards.entry(of).or_insert_with(|| Arc::new(Guard::new(upstream))).clone()
    }

    fn upstream(&self, base_url: &str) -> Upstream {
        let mut upstreams = self.upstreams.lock().expect("no code panics while it holds this lock");
        if let Some(upstream) = upstreams.get(base_url) {
            return upstream.clone();
        }
        let upstream = Upstream::new(BreakerOptions::new(UPSTREAM_FAILURES), UPSTREAM_TENANTS);
        upstreams.insert(base_url.to_owned(), upstream.clone());
        upstream
    }
}

fn unreadable() -> Problem {
    Error::new(ErrorKind::Internal, "read the secret of a connection").into()
}
