use std::sync::atomic::{AtomicUsize, Ordering};

use tenancy_core::{Error, ErrorKind, Isolation, Placement, ServerName, TenantId};
use tokio::time::Instant;

use super::dedicated::Dedicated;
use super::node::Node;
use super::replica::Replica;
use super::shares::Shares;
use super::verified::Verified;
use super::written::Written;
use super::{Order, Place, Room};
use crate::backend::{Backend, Connection, Lease, create_database};
#[cfg(feature = "probe")]
use crate::backend::{Pools, Shape};
use crate::binding;
use crate::options::TenantDbOptions;

/// All servers of a program, by name.
pub(crate) struct Servers {
    /// The first is the one that was connected to; the others stand in the order of `names`.
    nodes: Vec<Node>,
    names: Vec<ServerName>,
    dedicated: Dedicated,
    shares: Shares,
    replicas: Vec<Replica>,
    /// Whose turn it is among them.
    turn: AtomicUsize,
    written: Written,
}

/// A place at a replica.
pub(crate) struct AtReplica<'a> {
    replica: &'a Replica,
    pub(crate) place: Place,
}

impl AtReplica<'_> {
    pub(crate) fn succeeded(&self) {
        self.replica.succeeded();
    }

    /// Learns that it could not be used.
    pub(crate) fn failed(&self, error: &Error) {
        self.replica.failed(error);
    }
}

/// Remembers, when it is dropped, that a tenant has written.
pub(crate) struct Writing<'a> {
    written: &'a Written,
    tenant: TenantId,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.written.note(self.tenant, Instant::now());
    }
}

impl Servers {
    /// Reads the URLs; nothing is connected yet.
    pub(crate) fn new(url: &str, options: &TenantDbOptions) -> Result<Self, Error> {
        let dedicated = Dedicated::new(options);
        let mut nodes = vec![Node::new(0, "first".to_owned(), url, dedicated.clone(), options)?];
        for server in &options.servers {
            let (index, name) = (nodes.len(), server.name.to_string());
            let node = Node::new(index, name, server.url.as_str(), dedicated.clone(), options)?;
            if node.pools().backend() != nodes[0].pools().backend() {
                return Err(Error::new(
                    ErrorKind::Misconfigured,
                    format!(
                        "read the URL of the server {:?}: it speaks another database than the \
                         first server: one program works with one",
                        server.name.as_str(),
                    ),
                ));
            }
            nodes.push(node);
        }
        let names: Vec<_> = options.servers.iter().map(|server| server.name.clone()).collect();
        let mut replicas = Vec::new();
        for replica in &options.replicas {
            let of = match &replica.server {
                None => 0,
                Some(server) => {
                    1 + names.iter().position(|name| name == server).unwrap_or_default()
                }
            };
            let (node, label) = (nodes.len(), format!("a replica of {}", nodes[of].label()));
            let at = replica.url.as_str();
            nodes.push(Node::new(node, label.clone(), at, dedicated.clone(), options)?);
            if [of, node].iter().any(|at| nodes[*at].pools().backend() != Backend::Postgres) {
                let message = "read the URL of a replica: only Postgres has replicas here";
                return Err(Error::new(ErrorKind::Misconfigured, message));
            }
            replicas.push(Replica::new((node, at), (of, nodes[of].url()), label));
        }
        Ok(Self {
            nodes,
            names,
            dedicated,
            shares: Shares::default(),
            replicas,
            turn: AtomicUsize::new(0),
            written: Written::new(options.replica_lag),
        })
    }

    pub(crate) fn backend(&self) -> Backend {
        self.nodes[0].pools().backend()
    }

    /// Finds the place that a placement means.
    pub(crate) fn place(&self, placement: &Placement, tenant: TenantId) -> Result<Place, Error> {
        let node = match placement.server() {
            None => 0,
            Some(name) => self.named(name)?,
        };
        let room = match placement.isolation() {
            Isolation::Row => Room::Shared,
            Isolation::Schema if self.backend() == Backend::Sqlite => {
                return Err(Error::new(
                    ErrorKind::Misconfigured,
                    "find the place of a tenant: SQLite has no schemas: place it in shared tables \
                     or in a database of its own",
                ));
            }
            // There a schema is a database. Its connections are its own: a prepared statement keeps
            // to the database that it was prepared in, whatever USE says later.
            Isolation::Schema if self.backend() == Backend::MySql => Room::Database(tenant),
            Isolation::Schema => Room::Schema(tenant),
            Isolation::Database => Room::Database(tenant),
            _ => {
                let message = "find the place of a tenant: this isolation is not known here";
                return Err(Error::new(ErrorKind::Misconfigured, message));
            }
        };
        Ok(Place { node, room })
    }

    /// Returns the shared tables of a server.
    pub(crate) fn shared(&self, name: &ServerName) -> Result<Place, Error> {
        Ok(Place { node: self.named(name)?, room: Room::Shared })
    }

    fn named(&self, name: &ServerName) -> Result<usize, Error> {
        self.names.iter().position(|known| known == name).map(|at| at + 1).ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "find a server: {:?} is not in the options: add it with \
                     TenantDbOptions::server",
                    name.as_str(),
                ),
            )
        })
    }

    /// Begins a transaction of a tenant, within its share, or of none: then no tenant's rows are in
    /// reach.
    pub(crate) async fn begin(
        &self,
        place: Place,
        order: Order,
        options: &TenantDbOptions,
    ) -> Result<Connection, Error> {
        let slot = self.slot(order, options).await?;
        let deadline = Instant::now() + options.acquire_timeout;
        self.nodes[place.node].begin(place.room, order, slot, deadline, options).await
    }

    /// Waits for a slot of a tenant's share.
    pub(crate) async fn slot(
        &self,
        order: Order,
        options: &TenantDbOptions,
    ) -> Result<Lease, Error> {
        let (Some(tenant), Some(width)) = (order.tenant, order.share.most_connections()) else {
            return Ok(Lease::default());
        };
        let deadline = Instant::now() + options.acquire_timeout;
        Ok(Lease::of(self.shares.enter(tenant, width, deadline).await?))
    }

    /// Begins a transaction whose tenant has a slot.
    pub(crate) async fn begin_with(
        &self,
        place: Place,
        order: Order,
        slot: Lease,
        options: &TenantDbOptions,
    ) -> Result<Connection, Error> {
        let deadline = Instant::now() + options.acquire_timeout;
        self.nodes[place.node].begin(place.room, order, slot, deadline, options).await
    }

    pub(crate) fn has_replicas(&self) -> bool {
        !self.replicas.is_empty()
    }

    /// The same place at each replica.
    pub(crate) fn replicas_of(&self, place: Place) -> impl Iterator<Item = Place> {
        let replicas = self.replicas.iter().filter(move |replica| replica.of == place.node);
        replicas.map(move |replica| Place { node: replica.node, ..place })
    }

    /// Finds a replica that shows what a tenant must see. They take turns.
    pub(crate) fn replica(
        &self,
        place: Place,
        tenant: TenantId,
        options: &TenantDbOptions,
    ) -> Option<AtReplica<'_>> {
        let written = self.written.last(tenant);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let (before, from) = self.replicas.split_at(turn % self.replicas.len().max(1));
        let all = from.iter().chain(before).filter(|replica| replica.of == place.node);
        let mut fit = all.filter(|replica| replica.suffices(written, options));
        fit.next()
            .map(|replica| AtReplica { replica, place: Place { node: replica.node, ..place } })
    }

    /// Begins a transaction at a replica; one whose connections are all in use is not waited for
    /// long.
    pub(crate) async fn begin_at_replica(
        &self,
        at: &AtReplica<'_>,
        order: Order,
        slot: Lease,
        options: &TenantDbOptions,
    ) -> Result<Connection, Error> {
        let deadline = Instant::now() + options.acquire_timeout / 10;
        self.nodes[at.place.node].begin(at.place.room, order, slot, deadline, options).await
    }

    pub(crate) fn writing(&self, tenant: TenantId) -> Writing<'_> {
        Writing { written: &self.written, tenant }
    }

    /// Refuses a server whose connections are not what the options take them for.
    pub(crate) async fn verify_route(
        &self,
        place: Place,
        options: &TenantDbOptions,
    ) -> Result<(), Error> {
        let url = self.nodes[place.node].url();
        binding::verify_route(options.binding, self.backend(), url, options).await
    }

    pub(crate) fn verified(&self, place: Place) -> &Verified {
        &self.nodes[place.node].verified
    }

    /// Makes the database of a tenant unless it is there.
    pub(crate) async fn create_database(
        &self,
        node: usize,
        owner: TenantId,
        options: &TenantDbOptions,
    ) -> Result<(), Error> {
        create_database(self.nodes[node].url(), owner, options).await
    }

    /// Opens connections of somebody's own to a server; to a database in memory there is only the
    /// one that everybody has.
    #[cfg(feature = "probe")]
    pub(crate) fn open(
        &self,
        node: usize,
        shape: Shape,
        options: &TenantDbOptions,
    ) -> Result<Pools, Error> {
        let node = &self.nodes[node];
        if node.pools().is_in_memory() {
            return Ok(node.pools().clone());
        }
        Pools::new(node.url(), shape, options)
    }

    pub(crate) async fn close(&self) {
        self.dedicated.close().await;
        for node in &self.nodes {
            node.pools().close().await;
        }
    }
}
