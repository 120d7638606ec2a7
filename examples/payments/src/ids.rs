//! The ids callers see: a prefix that tells the kind, and 26 letters and digits.
//!
//! They are UUIDs of version 7: never used twice, and sorted by when they were made.

use std::fmt;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::{Serialize, Serializer};
use tenancy_core::{Error, ErrorKind, Problem};
use tenancy_sqlx::TenantValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::crockford;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TenantValue, ToSchema)]
        #[schema(value_type = String, example = $example)]
        pub(crate) struct $name(Uuid);

        #[allow(dead_code, reason = "not every kind needs all of them")]
        impl $name {
            /// Makes a new one.
            pub(crate) fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Takes an existing UUID.
            pub(crate) const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Returns the UUID.
            pub(crate) const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, crockford::encode(self.0.as_u128()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                text.strip_prefix($prefix)
                    .and_then(crockford::decode)
                    .map(|number| Self(Uuid::from_u128(number)))
                    .ok_or_else(|| Error::invalid("id", concat!("read an id: ", $prefix, "… is expected")))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

id!(
    /// Names a payment: `pay_…`.
    PaymentId,
    "pay_",
    "pay_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a customer: `cus_…`.
    CustomerId,
    "cus_",
    "cus_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names an attempt to authorize a payment: `att_…`.
    AttemptId,
    "att_",
    "att_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a capture: `cap_…`.
    CaptureId,
    "cap_",
    "cap_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a refund: `ref_…`.
    RefundId,
    "ref_",
    "ref_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names an account of a tenant's ledger: `acc_…`.
    AccountId,
    "acc_",
    "acc_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a journal entry: `jnl_…`.
    EntryId,
    "jnl_",
    "jnl_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a posting: `pst_…`.
    PostingId,
    "pst_",
    "pst_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a hold: `hld_…`.
    HoldId,
    "hld_",
    "hld_01k8p0g2v7e9h9qk3x5t7w1zra"
);

/// The id in a route's path.
///
/// What is no id at all answers like an id that nobody has.
pub(crate) struct PathId<K>(pub(crate) K);

impl<S: Send + Sync, K: FromStr> FromRequestParts<S> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        text.ok().and_then(|Path(text)| text.parse().ok()).map(Self).ok_or_else(missing)
    }
}

/// The tenant has nothing of this id, whoever else may.
pub(crate) fn missing() -> Problem {
    Error::new(ErrorKind::NotFound, "there is no such resource").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_what_they_write() {
        let id = PaymentId::generate();
        let text = id.to_string();
        assert!(text.starts_with("pay_"), "{text}");
        assert_eq!(text.len(), 30);
        assert_eq!(text.parse::<PaymentId>().unwrap(), id);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
    }

    #[test]
    fn one_kind_is_not_the_other() {
        let customer = CustomerId::generate().to_string();
        assert!(customer.parse::<PaymentId>().is_err());
        assert!("".parse::<PaymentId>().is_err());
        assert!("pay_".parse::<PaymentId>().is_err());
    }

    #[test]
    fn later_ids_sort_behind() {
        let ids: Vec<_> = (0..100).map(|_| PaymentId::generate().to_string()).collect();
        assert!(ids.is_sorted());
    }
}
