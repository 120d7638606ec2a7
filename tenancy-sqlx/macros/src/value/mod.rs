//! `#[derive(TenantValue)]`: newtypes and enums.

mod choice;
mod newtype;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Error, Result};

/// Implements the two traits of a value.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        let message = "a tenant value has no generics: write the inner type out";
        return Err(Error::new_spanned(&input.generics, message));
    }
    match &input.data {
        Data::Struct(data) => newtype::derive(input, &data.fields),
        Data::Enum(data) => choice::derive(input, data),
        Data::Union(_) => {
            let message = "a union is no tenant value: write a struct with one field or an enum";
            Err(Error::new_spanned(&input.ident, message))
        }
    }
}
