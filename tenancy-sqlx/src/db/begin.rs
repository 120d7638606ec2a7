//! Where a transaction begins: the tenant's place, its share, the guard of that place.

use tenancy_core::{Error, ErrorKind, ServerName, TenantId, TenantKey};
#[cfg(feature = "axum")]
use tenancy_core::{Placement, Tenant};

use super::TenantDb;
use crate::backend::{Access, Connection};
use crate::pool::{Order, Place, TenantShare, Writing};

impl TenantDb {
    /// Begins a transaction for a tenant where its data is, after that place was found to be guarded.
    pub(crate) async fn begin_tenant(
        &self,
        tenant: TenantId,
        access: Access,
    ) -> Result<Connection, Error> {
        #[cfg(feature = "probe")]
        if let Some(seats) = &self.seats {
            return seats.begin(tenant, Some(tenant), access, &self.inner.options).await;
        }
        let (place, share) = self.place_of(tenant).await?;
        self.require_guard(place).await?;
        let order = Order::of(tenant, access, share);
        self.servers().begin(place, order, &self.inner.options).await
    }

    /// Begins a transaction that reads, at a replica if there is one that shows what the tenant must
    /// see. One that cannot be used is passed over.
    pub(crate) async fn begin_reading(&self, tenant: TenantId) -> Result<Connection, Error> {
        #[cfg(feature = "probe")]
        if self.seats.is_some() {
            return self.begin_tenant(tenant, Access::ReadOnly).await;
        }
        if !self.servers().has_replicas() {
            return self.begin_tenant(tenant, Access::ReadOnly).await;
        }
        let (place, share) = self.place_of(tenant).await?;
        let (order, options) = (Order::of(tenant, Access::ReadOnly, share), &self.inner.options);
        let slot = self.servers().slot(order, options).await?;
        if let Some(replica) = self.servers().replica(place, tenant, options) {
            let begun = async {
                self.require_guard(replica.place).await?;
                self.servers().begin_at_replica(&replica, order, slot.clone(), options).await
            };
            match begun.await {
                Ok(connection) => {
                    replica.succeeded();
                    return Ok(connection);
                }
                Err(error) => replica.failed(&error),
            }
        }
        self.require_guard(place).await?;
        self.servers().begin_with(place, order, slot, options).await
    }

    /// Remembers, when it is dropped, that a tenant has written.
    pub(crate) fn writing(&self, tenant: TenantId) -> Option<Writing<'_>> {
        self.servers().has_replicas().then(|| self.servers().writing(tenant))
    }

    /// Begins a transaction for a tenant that does not exist, to see whether its seal is believed.
    pub(crate) async fn begin_sealed(&self, tenant: TenantId) -> Result<Connection, Error> {
        let order = Order::of(tenant, Access::ReadOnly, TenantShare::new());
        self.servers().begin(self.place, order, &self.inner.options).await
    }

    /// Begins a transaction for no tenant: it sees the library's tables and no tenant's rows.
    pub(crate) async fn begin_shared(&self, access: Access) -> Result<Connection, Error> {
        self.servers().begin(self.place, Order::of_none(access), &self.inner.options).await
    }

    /// Begins a transaction that reads the rows of all tenants.
    pub(crate) async fn begin_cross_tenant(
        &self,
        server: Option<&ServerName>,
    ) -> Result<Connection, Error> {
        self.entrance(server)?.begin(&self.inner.options).await
    }

    /// Refuses a tenant whose record names a place that would not be looked at.
    #[cfg(feature = "axum")]
    pub(crate) fn require_directory_for(&self, tenant: &Tenant) -> Result<(), Error> {
        if self.directory.is_some() || *tenant.placement() == Placement::row() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Misconfigured,
            "find the place of a tenant: it is not in the shared tables: give TenantDb the \
             directory that knows, by TenantDb::with_directory",
        ))
    }

    pub(super) async fn place_of(&self, tenant: TenantId) -> Result<(Place, TenantShare), Error> {
        let rule = &self.inner.options.share;
        let Some(directory) = &self.directory else {
            return Ok((self.place, rule.of(tenant, None)?));
        };
        let found = directory.find(&TenantKey::Id(tenant)).await?.ok_or_else(|| {
            let message = "find the place of a tenant: the directory does not know it";
            Error::new(ErrorKind::TenantUnknown, message)
        })?;
        let place = self.servers().place(found.tenant.placement(), tenant)?;
        Ok((place, rule.of(tenant, Some(&found.tenant))?))
    }
}
