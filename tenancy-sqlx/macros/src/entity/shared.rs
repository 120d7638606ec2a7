//! A row without a tenant: as it was written, and the code it becomes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Ident, Result};

use super::expand::impl_from_tenant_row;
use super::model::{Column, distinct_columns, key, named_fields, table};
use crate::attribute::{Place, Word, Words};
use crate::errors::{all, both};

/// A table that all tenants share; `key` is a position in `columns`.
pub(super) struct Shared {
    ident: Ident,
    table: String,
    columns: Vec<Column>,
    key: usize,
}

const STRUCT: Place =
    Place { name: "a shared entity", words: &[Word::Text("table", "currencies")] };

impl Shared {
    /// Reads a struct.
    pub(super) fn read(input: &DeriveInput) -> Result<Self> {
        let fields = named_fields(input)?;
        let words = Words::read(&input.attrs, &STRUCT);
        let (words, columns) = both(words, all(fields.iter().map(Column::read)))?;
        let ident = input.ident.clone();
        let names = both(table(&ident, &words), distinct_columns(&columns));
        let ((table, ()), ((), key)) =
            both(names, both(no_tenant(&columns), key(&ident, &columns)))?;
        Ok(Self { ident, table, columns, key })
    }

    /// Implements `FromTenantRow` and `SharedEntity`.
    pub(super) fn expand(&self) -> TokenStream {
        let Self { ident, table, columns, key } = self;
        let from_row = impl_from_tenant_row(ident, table, columns);
        let (key_field, key_type) = (&columns[*key].field, &columns[*key].ty);
        let check = columns[*key].check_not_null();
        let described = columns.iter().map(Column::describe);
        let values = columns.iter().map(Column::value);
        quote! {
            #from_row

            #[automatically_derived]
            impl ::tenancy_sqlx::__private::SharedEntity for #ident {
                type Key = #key_type;

                const TABLE: ::tenancy_sqlx::__private::SharedTable =
                    ::tenancy_sqlx::__private::SharedTable::new(#table, &[#(#described),*], #key);

                fn key(&self) -> &Self::Key {
                    &self.#key_field
                }

                fn values(&self) -> ::std::vec::Vec<::tenancy_sqlx::__private::Value> {
                    ::std::vec![#(#values),*]
                }
            }

            #check
        }
    }
}

/// A table with tenants in it that nothing guards is what this derive must never make.
fn no_tenant(columns: &[Column]) -> Result<()> {
    let of_tenant = |column: &&Column| column.tenant.is_some() || column.is_field("tenant_id");
    match columns.iter().find(of_tenant) {
        None => Ok(()),
        Some(column) => Err(Error::new_spanned(
            &column.field,
            "a shared entity has no tenant: derive `TenantEntity`, so that its rows are kept apart",
        )),
    }
}
