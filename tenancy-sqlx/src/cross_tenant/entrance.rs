use std::any::TypeId;
use std::collections::HashMap;

use tenancy_core::{Error, ErrorKind, TenantEntity};
use tokio::sync::OnceCell;

use super::{Statements, role};
use crate::backend::{Backend, Begin, Connection, Lease, Pools, Shape};
use crate::binding::{Binding, verify_route};
use crate::options::{Address, TenantDbOptions};

/// The connections that see all tenants, apart from those that see one.
pub(crate) struct Entrance {
    pools: Pools,
    /// It may hold a password.
    url: String,
    statements: HashMap<TypeId, Statements>,
    /// Set once the role has been found to be fit for this and no more.
    verified: OnceCell<()>,
}

impl Entrance {
    /// Reads the address; `main` is where the tenants' transactions go.
    pub(super) fn open(
        address: &Address,
        options: &TenantDbOptions,
        main: Backend,
    ) -> Result<Self, Error> {
        let pools = Pools::new(address.as_str(), Shape::Shared, options)?;
        if pools.backend() != main {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                "cross tenants: the address of TenantDbOptions::cross_tenant is of another kind \
                 of database",
            ));
        }
        let statements = options.registry.tables_by_type();
        let statements = statements.map(|(id, table)| (id, Statements::new(&table))).collect();
        let url = address.as_str().to_owned();
        Ok(Self { pools, url, statements, verified: OnceCell::new() })
    }

    /// Begins a transaction that reads, after the role was found to be fit.
    pub(crate) async fn begin(&self, options: &TenantDbOptions) -> Result<Connection, Error> {
        self.verify(options).await?;
        self.pools.begin(Begin::reading(options), Lease::default(), options).await
    }

    pub(crate) async fn verify(&self, options: &TenantDbOptions) -> Result<(), Error> {
        let verify = async || {
            // Each read there is a transaction, whatever the binding of tenants.
            let (binding, backend) = (Binding::Transaction, self.pools.backend());
            verify_route(binding, backend, &self.url, options).await?;
            role::verify(&self.pools, options).await
        };
        self.verified.get_or_try_init(verify).await.copied()
    }

    pub(super) fn statements<E: TenantEntity>(&self) -> Result<&Statements, Error> {
        self.statements.get(&TypeId::of::<E>()).ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "use the table {:?}: add .register::<{}>() to TenantDb::options()",
                    E::TABLE.name(),
                    std::any::type_name::<E>(),
                ),
            )
        })
    }

    pub(crate) async fn close(&self) {
        self.pools.close().await;
    }
}
