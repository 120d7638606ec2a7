//! `#[derive(TenantDraft)]`: a row before it has a tenant.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, Path, Result};

use crate::attribute::{Place, Word, Words};
use crate::errors::{all, both};

const STRUCT: Place = Place { name: "a draft", words: &[Word::Text("entity", "Invoice")] };
const FIELD: Place = Place { name: "a draft's field", words: &[] };

/// Implements `IntoEntity`.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let fields = named_fields(input)?;
    let words = Words::read(&input.attrs, &STRUCT);
    let none = all(fields.iter().map(|field| Words::read(&field.attrs, &FIELD)));
    let (words, _) = both(words, none)?;
    let entity = entity(&input.ident, &words)?;
    let handles: Vec<_> = fields.iter().map(|field| handle(&entity, field)).collect();
    let puts = fields.iter().zip(&handles).map(|(field, handle)| {
        let name = &field.ident;
        let span = Span::call_site().located_at(field.ty.span());
        quote_spanned! {span=> .with(#handle, self.#name) }
    });
    let (ident, (impls, types, bounds)) = (&input.ident, input.generics.split_for_impl());
    Ok(quote! {
        #[automatically_derived]
        impl #impls ::tenancy_sqlx::__private::IntoEntity<#entity> for #ident #types #bounds {
            fn into_entity(self, tenant: ::tenancy_sqlx::__private::TenantId) -> #entity {
                const _: () = ::tenancy_sqlx::__private::Drafting::<#entity>::require_complete(
                    &[#(#handles.at()),*],
                );
                ::tenancy_sqlx::__private::Drafting::<#entity>::of(tenant) #(#puts)* .end()
            }
        }
    })
}

fn named_fields(input: &DeriveInput) -> Result<Vec<&Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter().collect()),
            _ => Err(refuse(&input.ident)),
        },
        _ => Err(refuse(&input.ident)),
    }
}

fn refuse(ident: &Ident) -> Error {
    Error::new_spanned(
        ident,
        "a draft is a struct with named fields, each named like a field of its entity",
    )
}

/// What it says, or what its name says: `NewInvoice` becomes an `Invoice`.
fn entity(ident: &Ident, words: &Words) -> Result<Path> {
    if let Some(text) = words.text("entity") {
        return text.parse();
    }
    let name = ident.unraw().to_string();
    let entity = name.strip_prefix("New").or_else(|| name.strip_suffix("Draft"));
    match entity.filter(|entity| !entity.is_empty()) {
        Some(entity) => Ok(Ident::new(entity, ident.span()).into()),
        None => Err(Error::new_spanned(
            ident,
            format!(
                "`{ident}` names no entity: call it `New` and the entity, or add `#[tenant(entity = \"...\")]`"
            ),
        )),
    }
}

/// The constant of the entity's field of this name.
fn handle(entity: &Path, field: &Field) -> TokenStream {
    let ident = field.ident.as_ref().expect("a named field has a name");
    let name = super::entity::handle_name(ident);
    let name = format_ident!("{name}", span = ident.span());
    quote! { #entity::#name }
}
