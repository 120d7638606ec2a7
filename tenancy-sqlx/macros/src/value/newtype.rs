//! A struct with one field, stored as that field is.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Field, Fields, Result};

use crate::attribute::{Place, Words};
use crate::errors::both;

const STRUCT: Place = Place { name: "a newtype", words: &[] };
const FIELD: Place = Place { name: "a newtype's field", words: &[] };

/// Delegates to the inner type.
pub(crate) fn derive(input: &DeriveInput, fields: &Fields) -> Result<TokenStream> {
    let field = only_field(input, fields)?;
    both(Words::read(&input.attrs, &STRUCT), Words::read(&field.attrs, &FIELD))?;
    let (ident, ty) = (&input.ident, &field.ty);
    let name = field.ident.as_ref();
    let member = name.map_or_else(|| quote! { 0 }, ToTokens::to_token_stream);
    let wrap = name.map_or_else(|| quote! { Self }, |name| quote! { |#name| Self { #name } });
    let inner = Span::call_site().located_at(ty.span());
    let kind = quote_spanned! {inner=> <#ty as ::tenancy_sqlx::__private::ToValue>::KIND };
    let nullable = quote_spanned! {inner=> <#ty as ::tenancy_sqlx::__private::ToValue>::NULLABLE };
    let choices = quote_spanned! {inner=> <#ty as ::tenancy_sqlx::__private::ToValue>::CHOICES };
    let to = quote_spanned! {inner=> <#ty as ::tenancy_sqlx::__private::ToValue>::to_value };
    let from = quote_spanned! {inner=> <#ty as ::tenancy_sqlx::__private::FromValue>::from_value };
    Ok(quote! {
        #[automatically_derived]
        impl ::tenancy_sqlx::__private::ToValue for #ident {
            const KIND: ::tenancy_sqlx::__private::Kind = #kind;
            const NULLABLE: bool = #nullable;
            const CHOICES: &'static [&'static str] = #choices;

            fn to_value(&self) -> ::tenancy_sqlx::__private::Value {
                #to(&self.#member)
            }
        }

        #[automatically_derived]
        impl ::tenancy_sqlx::__private::FromValue for #ident {
            fn from_value(
                value: ::tenancy_sqlx::__private::Value,
            ) -> ::core::result::Result<Self, ::tenancy_sqlx::__private::Error> {
                #from(value).map(#wrap)
            }
        }
    })
}

fn only_field<'a>(input: &DeriveInput, fields: &'a Fields) -> Result<&'a Field> {
    let mut all = fields.iter();
    if let (Some(field), None) = (all.next(), all.next()) {
        return Ok(field);
    }
    let message = format!(
        "a struct with {} fields is no tenant value: write a struct with one field",
        fields.len()
    );
    Err(Error::new_spanned(&input.ident, message))
}
