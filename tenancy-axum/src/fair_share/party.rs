use std::num::NonZeroU32;

use tenancy_core::{TenantContext, TenantId, Trust};

/// Those who queue together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Party {
    /// Requests that name no tenant.
    Platform,
    /// Those who only know a tenant's address.
    Strangers(TenantId),
    Tenant(TenantId),
}

impl Party {
    /// Returns whom a request queues with, and the weight of all of them together.
    pub(super) fn of(context: Option<&TenantContext>) -> (Self, NonZeroU32) {
        match context {
            None => (Self::Platform, NonZeroU32::MIN),
            // Who only knows the address cannot use up what the credentials are worth.
            Some(context) if context.trust() <= Trust::Address => {
                (Self::Strangers(context.tenant_id()), NonZeroU32::MIN)
            }
            Some(context) => (Self::Tenant(context.tenant_id()), context.tenant().weight()),
        }
    }

    pub(super) const fn tenant_id(self) -> Option<TenantId> {
        match self {
            Self::Platform => None,
            Self::Strangers(tenant) | Self::Tenant(tenant) => Some(tenant),
        }
    }
}
