use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::CustomerId;

/// A customer of a tenant.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "customers")]
pub(crate) struct Customer {
    #[tenant(key)]
    pub(crate) id: CustomerId,
    pub(crate) tenant_id: TenantId,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) created_at: OffsetDateTime,
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
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        let Customer { id, tenant_id: _, name, email, created_at } = customer;
        Self { id, name, email, created_at }
    }
}
