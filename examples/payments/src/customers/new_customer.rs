use serde::Deserialize;
use tenancy_core::IntoEntity;
use tenancy_core::TenantId;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Customer;
use super::contact::{Email, Phone};
use crate::ids::CustomerId;
use crate::line::Line;

/// What it takes to make a customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCustomer {
    #[schema(value_type = String, min_length = 1, max_length = 200, example = "Mara Lindqvist")]
    name: Line<200>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email, example = "mara@customers.example")]
    email: Option<Email>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 40, example = "+46 8 123 456")]
    phone: Option<Phone>,
}

impl NewCustomer {
    /// Gives it an id and a time; the tenant comes with the insert.
    pub(super) fn made_at(self, now: OffsetDateTime) -> impl IntoEntity<Customer> {
        Made { new: self, now }
    }
}

struct Made {
    new: NewCustomer,
    now: OffsetDateTime,
}

impl IntoEntity<Customer> for Made {
    fn into_entity(self, tenant_id: TenantId) -> Customer {
        let NewCustomer { name, email, phone } = self.new;
        let contact = (email.map(Email::into_string), phone.map(Phone::into_string));
        Customer::new(CustomerId::generate(), tenant_id, name.into_string(), contact, self.now)
    }
}
