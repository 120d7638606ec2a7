use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use kit::OperatorKey;
use tenancy_axum::{AccessLayer, UsageLayer};
use tenancy_core::{Error, ErrorKind};
use tenancy_sqlx::TenantDb;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::access::{self, PlatformGrants};
use crate::announcement::Announcement;
use crate::app::{App, Neighbour};
use crate::audit::AuditStore;
use crate::demo::{self, Demo};
use crate::payments::reconcile;
use crate::router::router;
use crate::workers::Workers;
use crate::{Config, backends, resolvers};

/// The platform, ready to serve.
pub struct Service {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    usage: UsageLayer,
    db: TenantDb,
    audit: AuditStore,
    reconciler: JoinHandle<()>,
    workers: Workers,
    grace: Duration,
    announcement: Announcement,
}

impl Service {
    /// Opens the database, brings it up to date, makes the demo tenants if there is nobody yet,
    /// and takes the address.
    ///
    /// # Errors
    ///
    /// What stands in the way, with what to do about it.
    pub async fn start(config: Config) -> Result<Self, Error> {
        // First: a program that cannot serve should touch nothing.
        let listener = TcpListener::bind(config.listen).await;
        let listener = listener.map_err(|source| not_bound(config.listen, source))?;
        let address = listener.local_addr().map_err(|source| not_bound(config.listen, source))?;

        let (backends, directory) = backends::open(&config).await?;
        let demo = demo::prepare(&config, &backends.db, &directory).await?;
        let operated = backends.demo_clock.clone().map(|clock| (clock, OperatorKey::generate()));
        let operator_key = operated.as_ref().map(|(_, key)| key.clone());
        let announcement =
            Announcement::new(address, &config.base_domain, demo).operated_with(operator_key);
        let neighbours = announcement.demo().iter().map(|tenant| neighbour(tenant, &announcement));

        let chain = resolvers::chain(
            &config,
            backends.directory.clone(),
            backends.clock.clone(),
            backends.tokens.verifying(),
        )?;
        let access = AccessLayer::new(
            Arc::new(PlatformGrants::new(backends.db.clone())),
            access::catalogue()?,
        )
        .clock(backends.clock.clone());
        let proxies = config.trusted_proxies()?;
        let usage = UsageLayer::new(backends.meter.clone());
        let audit = backends.audit.clone();
        let (db, grace) = (backends.db.clone(), backends.patience.at_the_end());
        let app = App::new(backends, &config.base_domain, neighbours.collect());
        let workers = Workers::start(&app);
        let reconciler = tokio::spawn(reconcile::run(app.clone(), directory));
        let router = router(app, chain, &access, &usage, operated, proxies);
        Ok(Self {
            listener,
            address,
            router,
            usage,
            db,
            audit,
            reconciler,
            workers,
            grace,
            announcement,
        })
    }

    /// Returns the address it serves at.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what to tell whoever started it: the address, the demo tenants and their keys,
    /// and lines to paste. Lines to paste begin with `curl `.
    pub fn announcement(&self) -> String {
        self.announcement.to_string()
    }

    /// Serves until `stop` is done, and finishes what is in flight.
    ///
    /// # Errors
    ///
    /// What the listener says.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        let served = kit::serve(self.listener, self.router, stop, self.grace).await;
        // It may be stopped anywhere: what it asks for is asked for again.
        self.reconciler.abort();
        self.workers.stop(self.grace).await;
        self.usage.recorded().await;
        self.audit.close(self.grace).await;
        self.db.close().await;
        served.map_err(|source| Error::new(ErrorKind::Internal, "serve").with_source(source))
    }
}

fn neighbour(tenant: &Demo, announcement: &Announcement) -> Neighbour {
    Neighbour {
        name: tenant.name.to_owned(),
        plan: tenant.plan.to_owned(),
        status: tenant.status.to_string(),
        url: announcement.page_of(tenant.slug),
    }
}

fn not_bound(address: SocketAddr, source: io::Error) -> Error {
    let advice = match source.kind() {
        io::ErrorKind::AddrInUse => {
            ": another program has this port; stop it, or choose another one with \
             --listen 127.0.0.1:8081 (port 0 takes a free one)"
        }
        _ => "",
    };
    let message = format!("listen at {address}{advice}");
    Error::new(ErrorKind::Misconfigured, message).with_source(source)
}
