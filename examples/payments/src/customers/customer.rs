use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::CustomerId;

/// A customer of a tenant.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "customers", version = "version")]
#[tenant(soft_delete = "deleted_at", deleted_by = "deleted_by")]
pub(crate) struct Customer {
    #[tenant(key)]
    pub(crate) id: CustomerId,
    pub(crate) tenant_id: TenantId,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    /// When it was changed last, if ever.
    pub(crate) changed_at: Option<OffsetDateTime>,
    pub(crate) version: i64,
    pub(crate) deleted_at: Option<OffsetDateTime>,
    pub(crate) deleted_by: Option<String>,
}

impl Customer {
    /// Makes one that is reached by an address and a number, as far as it is known.
    pub(crate) fn new(
        id: CustomerId,
        tenant_id: TenantId,
        name: String,
        (email, phone): (Option<String>, Option<String>),
        now: OffsetDateTime,
    ) -> Self {
        let (changed_at, deleted_at, deleted_by) = (None, None, None);
        let (created_at, version) = (now, 1);
        Self {
            id,
            tenant_id,
            name,
            email,
            phone,
            created_at,
            changed_at,
            version,
            deleted_at,
            deleted_by,
        }
    }
}

/// A customer, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerView {
    id: CustomerId,
    #[schema(example = "Mara Lindqvist")]
    name: String,
    #[schema(example = "mara@customers.example")]
    email: Option<String>,
    #[schema(example = "+46 8 123 456")]
    phone: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    changed_at: Option<OffsetDateTime>,
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        let Customer { id, name, email, phone, created_at, changed_at, .. } = customer;
        Self { id, name, email, phone, created_at, changed_at }
    }
}
