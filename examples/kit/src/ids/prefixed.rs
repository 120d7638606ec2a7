/// Makes a type of ids that callers see: a prefix, and a UUID of version 7 as 26 letters and digits.
///
/// ```
/// kit::prefixed_id! {
///     /// Names an invoice: `inv_…`.
///     pub InvoiceId, "inv_", "inv_01k8p0g2v7e9h9qk3x5t7w1zra"
/// }
///
/// let id = InvoiceId::generate();
/// assert_eq!(id.to_string().parse::<InvoiceId>()?, id);
/// assert!("cus_01k8p0g2v7e9h9qk3x5t7w1zra".parse::<InvoiceId>().is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[macro_export]
macro_rules! prefixed_id {
    ($(#[$doc:meta])* $vis:vis $name:ident, $prefix:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::tenancy_sqlx::TenantValue,
            ::utoipa::ToSchema,
        )]
        #[schema(value_type = String, example = $example)]
        $vis struct $name(::uuid::Uuid);

        #[allow(dead_code, reason = "not every kind needs all of them")]
        impl $name {
            /// Makes a new one.
            $vis fn generate() -> Self {
                Self(::uuid::Uuid::now_v7())
            }

            /// Takes an existing UUID.
            $vis const fn from_uuid(uuid: ::uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// Returns the UUID.
            $vis const fn uuid(self) -> ::uuid::Uuid {
                self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{}{}", $prefix, $crate::ids::written(self.0.as_u128()))
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::tenancy_core::Error;

            fn from_str(text: &str) -> Result<Self, ::tenancy_core::Error> {
                text.strip_prefix($prefix)
                    .and_then($crate::ids::read)
                    .map(|number| Self(::uuid::Uuid::from_u128(number)))
                    .ok_or_else(|| {
                        let expected = concat!("read an id: ", $prefix, "… is expected");
                        ::tenancy_core::Error::invalid("id", expected)
                    })
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}
