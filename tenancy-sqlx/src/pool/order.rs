use tenancy_core::TenantId;

use super::TenantShare;
use crate::backend::Access;

/// What a transaction is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    /// Without one no tenant's rows are in reach.
    pub(crate) tenant: Option<TenantId>,
    pub(crate) access: Access,
    pub(crate) share: TenantShare,
}

impl Order {
    /// Of a tenant, within its share.
    pub(crate) const fn of(tenant: TenantId, access: Access, share: TenantShare) -> Self {
        Self { tenant: Some(tenant), access, share }
    }

    /// Of no tenant.
    pub(crate) const fn of_none(access: Access) -> Self {
        Self { tenant: None, access, share: TenantShare::new() }
    }
}
