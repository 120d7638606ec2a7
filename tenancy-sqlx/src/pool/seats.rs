use std::borrow::Cow;

use tenancy_core::{Error, ErrorKind, TenantId};

use super::node;
use super::{Place, Room, Servers};
use crate::backend::{Access, Begin, Connection, Lease, Pools, Shape};
use crate::ident;
use crate::options::TenantDbOptions;

/// Connections of a probe: one to each place, which nobody else gets, and which no check of the
/// place comes before.
pub(crate) struct Seats(Vec<Seat>);

struct Seat {
    tenant: TenantId,
    place: Place,
    schema: Cow<'static, str>,
    pools: Pools,
}

impl Seats {
    /// Opens a seat for each tenant where its data is. Those in one database share a connection.
    pub(crate) fn open(
        servers: &Servers,
        tenants: impl IntoIterator<Item = (TenantId, Place)>,
        options: &TenantDbOptions,
    ) -> Result<Self, Error> {
        let mut seats: Vec<Seat> = Vec::new();
        for (tenant, place) in tenants {
            let shape = match place.room {
                Room::Database(owner) => Shape::Lane { owner, access: Access::ReadWrite },
                Room::Shared | Room::Schema(_) => Shape::One,
            };
            let is_beside = |seat: &&Seat| {
                seat.place.node == place.node
                    && matches!(shape, Shape::One)
                    && !matches!(seat.place.room, Room::Database(_))
            };
            let pools = match seats.iter().find(is_beside) {
                Some(seat) => seat.pools.clone(),
                None => servers.open(place.node, shape, options)?,
            };
            let schema = match place.room {
                Room::Schema(tenant) => ident::of_tenant(tenant).into(),
                Room::Shared | Room::Database(_) => options.schema.into(),
            };
            seats.push(Seat { tenant, place, schema, pools });
        }
        Ok(Self(seats))
    }

    /// Begins a transaction where a tenant's data is; the database is told that it is for `bound`.
    pub(crate) async fn begin(
        &self,
        tenant: TenantId,
        bound: Option<TenantId>,
        access: Access,
        options: &TenantDbOptions,
    ) -> Result<Connection, Error> {
        let seat = self.0.iter().find(|seat| seat.tenant == tenant).ok_or_else(|| {
            Error::new(ErrorKind::TenantUnknown, "begin a transaction of a probe: whose is it?")
        })?;
        let binding = node::binding(seat.place.room, options);
        let begin = Begin {
            tenant: bound,
            access,
            schema: seat.schema.clone(),
            binding,
            statement_timeout: options.statement_timeout,
        };
        seat.pools.begin(begin, Lease::default(), options).await
    }

    /// Tells whether all tenants are in the same tables.
    pub(crate) fn is_shared(&self) -> bool {
        self.0.iter().all(|seat| seat.place.room == Room::Shared)
            && self.0.windows(2).all(|pair| pair[0].place == pair[1].place)
    }

    /// Returns the pool of a tenant's seat.
    pub(crate) fn pools(&self, tenant: TenantId) -> Option<&Pools> {
        self.0.iter().find(|seat| seat.tenant == tenant).map(|seat| &seat.pools)
    }

    /// Returns the schema of a tenant's tables.
    pub(crate) fn schema(&self, tenant: TenantId) -> Option<&str> {
        self.0.iter().find(|seat| seat.tenant == tenant).map(|seat| &*seat.schema)
    }

    pub(crate) async fn close(&self) {
        for seat in &self.0 {
            if !seat.pools.is_in_memory() {
                seat.pools.close().await;
            }
        }
    }
}
