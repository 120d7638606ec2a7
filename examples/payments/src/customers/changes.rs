use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Customer;
use super::contact::{Email, Phone};
use crate::line::Line;

/// What may be changed of a customer. What is not named stays; `null` takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Change<Line<200>>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email)]
    email: Change<Option<Email>>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 40)]
    phone: Change<Option<Phone>>,
}

/// What becomes of a field.
#[derive(Debug, Default)]
enum Change<T> {
    /// It is not named.
    #[default]
    Stays,
    Becomes(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Becomes)
    }
}

impl Changes {
    pub(super) fn apply(self, customer: &mut Customer, now: OffsetDateTime) {
        if let Change::Becomes(name) = self.name {
            customer.name = name.into_string();
        }
        if let Change::Becomes(email) = self.email {
            customer.email = email.map(Email::into_string);
        }
        if let Change::Becomes(phone) = self.phone {
            customer.phone = phone.map(Phone::into_string);
        }
        customer.changed_at = Some(now);
    }
}
