use tenancy_core::{Error, ErrorKind, Isolation, Placement, ServerName, TenantId};
use tokio::time::Instant;

use super::dedicated::Dedicated;
use super::node::{Node, Verified};
use super::shares::Shares;
use super::{Order, Place, Room};
use crate::backend::{Backend, Connection, create_database};
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
        let names = options.servers.iter().map(|server| server.name.clone()).collect();
        Ok(Self { nodes, names, dedicated, shares: Shares::default() })
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
        let deadline = Instant::now() + options.acquire_timeout;
        let slot = match (order.tenant, order.share.most_connections()) {
            (Some(tenant), Some(width)) => Some(self.shares.enter(tenant, width, deadline).await?),
            _ => None,
        };
        self.nodes[place.node].begin(place.room, order, slot, deadline, options).await
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
