use std::borrow::Cow;
use std::sync::Arc;

use tenancy_core::{Error, ErrorKind, TenantId};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::breaker::{Admission, Breaker};
use super::dedicated::{Dedicated, Lent, Taken, Turn};
use super::door::Door;
use super::failing::Failing;
use super::gate::{Gate, wait};
use super::verified::Verified;
use super::{Order, Room};
use crate::backend::{Begin, Connection, Lease, Pools, Shape};
use crate::binding::Binding;
use crate::ident;
use crate::options::TenantDbOptions;

/// One address that connections go to.
pub(super) struct Node {
    /// Its place among all.
    index: usize,
    /// The server's name in logs; never an address.
    label: String,
    /// It may hold a password.
    url: String,
    shared: Pools,
    gate: Gate,
    breaker: Breaker,
    failing: Failing,
    /// Those of all nodes.
    dedicated: Dedicated,
    /// Who connects to a tenant's own database: a server that does not answer shall not hold the
    /// budget of all.
    connecting: Arc<Semaphore>,
    pub(super) verified: Verified,
}

impl Node {
    /// Reads the URL; nothing is connected yet.
    pub(super) fn new(
        index: usize,
        label: String,
        url: &str,
        dedicated: Dedicated,
        options: &TenantDbOptions,
    ) -> Result<Self, Error> {
        // Enough to hide the time each takes, and never most of the budget.
        let connecting = (options.dedicated_connections / 4).clamp(1, 8) as usize;
        let shared = Pools::new(url, Shape::Shared, options)?;
        Ok(Self {
            index,
            label,
            url: url.to_owned(),
            gate: Gate::new(shared.slots()),
            shared,
            breaker: Breaker::default(),
            failing: Failing::default(),
            dedicated,
            connecting: Arc::new(Semaphore::new(connecting)),
            verified: Verified::default(),
        })
    }

    pub(super) fn pools(&self) -> &Pools {
        &self.shared
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Begins a transaction of a tenant, or of none, in a room; `slot` is given back when it has
    /// ended.
    pub(super) async fn begin(
        &self,
        room: Room,
        order: Order,
        slot: Lease,
        deadline: Instant,
        options: &TenantDbOptions,
    ) -> Result<Connection, Error> {
        let now = Instant::now();
        let admission = self.breaker.admits(now).ok_or_else(|| self.is_away())?;
        let access = order.access;
        let order = begin(room, order, options);
        match room {
            Room::Shared | Room::Schema(_) => {
                let turn = self.gate.enter(access, deadline).await?;
                let begun = self.shared.begin(order, Lease::of((turn, slot)), options).await;
                match &begun {
                    Ok(_) => self.breaker.succeeded(),
                    Err(error) if error.kind() == ErrorKind::Unavailable => self.failed(),
                    Err(_) => {}
                }
                begun
            }
            Room::Database(owner) => {
                let own = self.failing.admits(owner, now).ok_or_else(|| self.is_away())?;
                let is_trial = admission == Admission::Trial || own == Admission::Trial;
                let door = Door::new(self.shared.backend(), self.index, owner, access);
                match self.dedicated.take(door, deadline).await? {
                    Taken::Idle(lent) => self.begin_on(lent, slot, owner, order, options).await,
                    Taken::None(turn) => {
                        let _connecting = wait(&self.connecting, deadline).await?;
                        // Those before may have found it away meanwhile.
                        if !is_trial && !self.breaker.is_closed() {
                            return Err(self.is_away());
                        }
                        let shape = Shape::Lane { owner, access };
                        let lent = self.open(turn, shape, deadline, options).await?;
                        self.begin_on(lent, slot, owner, order, options).await
                    }
                }
            }
        }
    }

    async fn open(
        &self,
        turn: Turn,
        shape: Shape,
        deadline: Instant,
        options: &TenantDbOptions,
    ) -> Result<Lent, Error> {
        // One may have been given back meanwhile.
        match self.dedicated.take_idle(turn) {
            Taken::Idle(lent) => Ok(lent),
            Taken::None(turn) => {
                let open = || Pools::new(&self.url, shape, options);
                self.dedicated.open(turn, open, deadline).await
            }
        }
    }

    async fn begin_on(
        &self,
        lent: Lent,
        slot: Lease,
        owner: TenantId,
        order: Begin<'_>,
        options: &TenantDbOptions,
    ) -> Result<Connection, Error> {
        let lease = Lease::of((lent.clone(), slot));
        let begun = lent.pools().begin(order, lease, options).await;
        begun
            .inspect(|_| {
                self.breaker.succeeded();
                self.failing.succeeded(owner);
            })
            .map_err(|error| {
                lent.is_bad();
                match error.kind() {
                    // Of each tenant once: behind a pooler it may be its own database alone.
                    ErrorKind::Unavailable if self.failing.failed(owner, Instant::now()) => {
                        self.failed();
                        error
                    }
                    ErrorKind::Misconfigured => not_provisioned(error),
                    _ => error,
                }
            })
    }

    /// Learns that the server did not answer.
    fn failed(&self) {
        if self.breaker.failed(Instant::now()) {
            tracing::warn!(server = self.label, "a database server does not answer");
        }
    }

    fn is_away(&self) -> Error {
        let message = format!("begin a transaction: the server {:?} did not answer", self.label);
        Error::new(ErrorKind::Unavailable, message)
    }
}

/// How a transaction begins in a room.
fn begin(room: Room, order: Order, options: &TenantDbOptions) -> Begin<'static> {
    Begin {
        tenant: order.tenant,
        access: order.access,
        schema: schema(room, options),
        binding: binding(room, options),
        statement_timeout: order.share.time_of_a_statement(options.statement_timeout),
    }
}

/// The schema whose tables are meant.
fn schema(room: Room, options: &TenantDbOptions) -> Cow<'static, str> {
    match room {
        Room::Shared | Room::Database(_) => options.schema.into(),
        Room::Schema(tenant) => ident::of_tenant(tenant).into(),
    }
}

/// How the database learns the tenant.
pub(super) fn binding(room: Room, options: &TenantDbOptions) -> Binding {
    match (room, options.binding) {
        // A pooler may treat each database otherwise, and it was looked for at the first only.
        (Room::Database(_), Binding::Session) => Binding::Transaction,
        (_, binding) => binding,
    }
}

/// A tenant whose place is not there, or not yet.
pub(crate) fn not_provisioned(source: Error) -> Error {
    let message = "use the place of a tenant: it is not there: run TenantDb::provision";
    Error::new(ErrorKind::TenantProvisioning, message).with_source(source)
}
