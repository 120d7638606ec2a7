use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Parser;
use tenancy_core::resolve::TrustedProxies;
use tenancy_core::{Error, ErrorKind};

use crate::integrations::Allowed;
use crate::platform::Command;

/// A payment platform for many banks.
///
/// Without any option it keeps its data in a SQLite file and its limits in memory.
#[derive(Parser)]
#[command(name = "payments", version)]
pub struct Config {
    /// Postgres (or SQLite) to use instead of a file in the data directory
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// The Postgres is behind a pooler in transaction mode that keeps no prepared statements, such
    /// as PgBouncer before 1.24
    #[arg(long, env = "PAYMENTS_THROUGH_POOLER")]
    pub through_pooler: bool,

    /// Redis to share limits and usage between instances
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<String>,

    /// Where the SQLite file is kept
    #[arg(long, env = "PAYMENTS_DATA_DIR", default_value = "payments-data", value_name = "PATH")]
    pub data_dir: PathBuf,

    /// Address to serve at; port 0 takes a free one
    #[arg(long, env = "PAYMENTS_LISTEN", default_value_t = DEFAULT_LISTEN, value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Domain whose subdomains are the tenants: bank.DOMAIN is the page of bank
    #[arg(long, env = "PAYMENTS_BASE_DOMAIN", default_value = "localhost", value_name = "DOMAIN")]
    pub base_domain: String,

    /// Proxies in front, as addresses and networks such as 10.0.0.0/8: what they say of a client's
    /// address in X-Forwarded-For is believed
    #[arg(long, env = "PAYMENTS_TRUSTED_PROXIES", value_delimiter = ',', value_name = "NETWORK")]
    pub trusted_proxies: Vec<String>,

    /// Folder to write mail into, such as invitations; without it none is sent
    #[arg(long, env = "PAYMENTS_MAIL_DIR", value_name = "PATH")]
    pub mail_dir: Option<PathBuf>,

    /// Resolver to ask whose a domain is, over TCP, such as 127.0.0.1:53; without it, the first one
    /// of /etc/resolv.conf
    #[arg(long, env = "PAYMENTS_DNS_SERVER", value_name = "ADDRESS")]
    pub dns_server: Option<SocketAddr>,

    /// Secret of at least 32 bytes that signs tokens (HS256); without it there are API keys only.
    /// Better set by the environment: other users of the machine can read arguments
    #[arg(long, env = "PAYMENTS_JWT_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub jwt_secret: Option<String>,

    /// A server that tenants may connect to, as KIND=URL; the kinds are stripe and paynova. May be
    /// there several times
    #[arg(long, env = "PAYMENTS_PROVIDERS", value_delimiter = ',', value_name = "KIND=URL")]
    pub provider: Vec<Allowed>,

    /// How many instances share the Redis: each takes its part of the limits while Redis is away
    #[arg(long, env = "PAYMENTS_NODES", default_value = "1", value_name = "NUMBER")]
    pub nodes: NonZeroU32,

    /// Replaces the rate of every plan, for load tests
    #[arg(long, env = "PAYMENTS_REQUESTS_PER_MINUTE", value_name = "NUMBER")]
    pub requests_per_minute: Option<NonZeroU32>,

    /// Run ahead of the system's clock by so many seconds, and let whoever has the key that is
    /// printed at the start move the clock further, at /demo/clock. For tests and demonstrations,
    /// at loopback addresses only
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0"
    )]
    pub demo_clock: Option<u32>,

    /// Key that seals the secrets of tenants: 32 bytes in base64. Without it one is made in the
    /// data directory, which several instances then have to share
    #[arg(long, env = "PAYMENTS_SECRETS_KEY", hide_env_values = true, value_name = "KEY")]
    pub secrets_key: Option<String>,

    /// Let tenants' webhooks reach this machine, and without encryption: for tests and
    /// demonstrations
    #[arg(long, env = "PAYMENTS_WEBHOOKS_TO_LOOPBACK")]
    pub webhooks_to_loopback: bool,

    /// Make no demo tenants in an empty database
    #[arg(long)]
    pub no_demo: bool,

    /// What to do instead of serving
    #[command(subcommand)]
    pub command: Option<Command>,
}

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

impl Config {
    pub(crate) fn database_url(&self) -> Option<&str> {
        given(self.database_url.as_ref())
    }

    pub(crate) fn redis_url(&self) -> Option<&str> {
        given(self.redis_url.as_ref())
    }

    pub(crate) fn secrets_key(&self) -> Option<&str> {
        given(self.secrets_key.as_ref())
    }

    /// Returns whose word on a client's address is believed.
    pub(crate) fn trusted_proxies(&self) -> Result<TrustedProxies, Error> {
        let given = self.trusted_proxies.iter().map(String::as_str);
        TrustedProxies::parse(given.filter(|text| !text.is_empty())).map_err(|source| {
            let message = "read --trusted-proxies or PAYMENTS_TRUSTED_PROXIES";
            Error::new(ErrorKind::Misconfigured, message).with_source(source)
        })
    }

    pub(crate) fn jwt_secret(&self) -> Option<&str> {
        given(self.jwt_secret.as_ref())
    }
}

/// An empty variable of the environment says nothing.
fn given(option: Option<&String>) -> Option<&str> {
    option.map(String::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_options_are_well_formed() {
        Config::command().debug_assert();
    }
}
