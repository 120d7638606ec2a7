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
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Line<200>>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, format = Email)]
    email: Option<Option<Email>>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, max_length = 40)]
    phone: Option<Option<Phone>>,
}

/// A field that is there; it is `null` only where the field may be.
fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Changes {
    pub(super) fn apply(self, customer: &mut Customer, now: OffsetDateTime) {
        if let Some(name) = self.name {
            customer.name = name.into_string();
        }
        if let Some(email) = self.email {
            customer.email = email.map(Email::into_string);
        }
        if let Some(phone) = self.phone {
            customer.phone = phone.map(Phone::into_string);
        }
        customer.changed_at = Some(now);
    }
}
