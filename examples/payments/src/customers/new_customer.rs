use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tenancy_core::IntoEntity;
use tenancy_core::TenantId;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Customer;
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
        Customer {
            id: CustomerId::generate(),
            tenant_id,
            name: self.new.name.into_string(),
            email: self.new.email.map(|email| email.0.into_string()),
            created_at: self.now,
        }
    }
}

/// An address that could exist; only mail sent there tells whether it does.
#[derive(Debug)]
struct Email(Line<254>);

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let line = Line::deserialize(deserializer)?;
        let (local, domain) = line.as_ref().rsplit_once('@').unwrap_or_default();
        let spaced = line.as_ref().contains(char::is_whitespace);
        if local.is_empty() || domain.is_empty() || spaced {
            return Err(D::Error::custom("an e-mail address is expected"));
        }
        Ok(Self(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_two_sides() {
        let read = |text: &str| serde_json::from_value::<Email>(text.into());
        assert!(read("mara@customers.example").is_ok());
        for bad in ["", "mara", "@customers.example", "mara@", "ma ra@customers.example"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
