//! The derives of tenancy-sqlx.
//!
//! Use them as `tenancy_sqlx::TenantEntity`, `FromTenantRow` and `TenantValue`: what they generate
//! names that crate and no other.

mod attribute;
mod draft;
mod entity;
mod errors;
mod name;
mod row;
mod value;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct the row of a tenant table.
///
/// It implements `FromTenantRow` and `TenantEntity` for a struct with named fields. Each field is
/// a column, in the same order. A field's type is one of the types a column can hold (see
/// `ToValue`), an `Option` of one, or a type with `#[derive(TenantValue)]`.
///
/// | on the struct | says |
/// | --- | --- |
/// | `#[tenant(table = "payments")]` | the table; required |
/// | `#[tenant(version = "version")]` | the field that counts changes, an `i64`, so that an update never overwrites one unseen |
///
/// | `#[tenant(created_at, updated_at)]` | fields, by these names or `created_at = "made_at"`: when a row was inserted and last changed, kept by the library |
/// | `#[tenant(soft_delete = "deleted_at")]` | an `Option` of a time: a delete sets it and hides the row, which can be restored |
/// | `#[tenant(deleted_by = "deleted_by")]` | an `Option<String>`: who deleted it, as `user:user_7` |
/// | `#[tenant(unique = "number")]` | fields, with commas, that no two rows of a tenant share: an upsert may decide by them; any number of times |
///
/// | on a field | says |
/// | --- | --- |
/// | `#[tenant(key)]` | it identifies a row within its tenant; on exactly one field, which cannot be null |
/// | `#[tenant(tenant)]` | it holds the tenant; not needed for a field named `tenant_id` |
/// | `#[tenant(column = "other_name")]` | the column is not named like the field |
/// | `#[tenant(default)]` | a draft may leave it out: it is the type's default, or `default = "Status::Open"` |
///
/// The table's primary key is the tenant and the key together. The tenant's field is a
/// `TenantId`. Tables and columns have plain names: 1 to 63 of `a-z`, `0-9` and `_`, no digit
/// first.
///
/// Each column has a constant of the field's name and visibility, such as `Payment::STATUS`, by which
/// filters, orders and changes are written; each unique rule has one such as
/// `Payment::UNIQUE_NUMBER`. The tenant has none: every statement names it by itself. (A field
/// `table` is `TABLE_COLUMN`, because `TABLE` is the table.)
///
/// An error while reading a row carries the column, as `payments.status`, in its subject.
#[proc_macro_derive(TenantEntity, attributes(tenant))]
pub fn tenant_entity(input: TokenStream) -> TokenStream {
    expand(entity::derive, &parse_macro_input!(input))
}

/// Makes a struct the row of a table that all tenants share.
///
/// It implements `FromTenantRow` and `SharedEntity` for a struct with named fields, by the rules
/// of `TenantEntity`: `#[tenant(table = "currencies")]` on the struct, `#[tenant(key)]` on the
/// field that is the table's primary key, `#[tenant(column = "other_name")]` where needed. A
/// field that holds a tenant is refused.
#[proc_macro_derive(SharedEntity, attributes(tenant))]
pub fn shared_entity(input: TokenStream) -> TokenStream {
    expand(entity::derive_shared, &parse_macro_input!(input))
}

/// Makes a struct something that an insert takes: a row before it has a tenant.
///
/// It implements `IntoEntity` for a struct with named fields. `NewInvoice` and `InvoiceDraft` become
/// an `Invoice`; `#[tenant(entity = "...")]` names another one. Each field is named like a field of the
/// entity and turns into its type by `Into`.
///
/// A draft leaves out the tenant, and may leave out what can be null, what the library keeps, and
/// what has `#[tenant(default)]` in the entity. Another column that is left out is an error when
/// the draft is compiled. The version begins at 1.
#[proc_macro_derive(TenantDraft, attributes(tenant))]
pub fn tenant_draft(input: TokenStream) -> TokenStream {
    expand(draft::derive, &parse_macro_input!(input))
}

/// Makes a struct a row of a result, for SQL of your own.
///
/// It implements `FromTenantRow` for a struct with named fields. Each field is read from the
/// column of its name, wherever that stands in the result; capitals make no difference. A field's
/// type is what a field of an entity may be.
///
/// | on a field | says |
/// | --- | --- |
/// | `#[tenant(column = "other_name")]` | the column is not named like the field |
///
/// An error while reading a row carries the column in its subject.
#[proc_macro_derive(FromTenantRow, attributes(tenant))]
pub fn from_tenant_row(input: TokenStream) -> TokenStream {
    expand(row::derive, &parse_macro_input!(input))
}

/// Makes a type the value of a column.
///
/// It implements `ToValue` and `FromValue` for
///
/// * a struct with one field, which is stored as that field is. Reading does not pass through
///   your constructor: where old rows may break its rules, implement the two traits by hand.
/// * an enum without fields, stored as text: the variant's name in snake case (`PastDue` is
///   `past_due`, `EUR` is `eur`), or what `#[tenant(rename = "...")]` on the variant says.
///   Reading a text that no variant has is an error, which names the type and not the text.
///
/// Renaming a variant changes what is stored: give it its old text with `rename`.
#[proc_macro_derive(TenantValue, attributes(tenant))]
pub fn tenant_value(input: TokenStream) -> TokenStream {
    expand(value::derive, &parse_macro_input!(input))
}

fn expand(derive: fn(&DeriveInput) -> syn::Result<Tokens>, input: &DeriveInput) -> TokenStream {
    derive(input).unwrap_or_else(syn::Error::into_compile_error).into()
}
