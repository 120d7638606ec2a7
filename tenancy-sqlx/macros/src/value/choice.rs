//! An enum without fields, stored as text.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DataEnum, DeriveInput, Error, Fields, Ident, Result};

use crate::attribute::{Place, Word, Words};
use crate::errors::{all, both, distinct};
use crate::name::snake_case;

const ENUM: Place = Place { name: "an enum", words: &[] };
const VARIANT: Place = Place { name: "a variant", words: &[Word::Text("rename", "other_text")] };

struct Variant<'a> {
    ident: &'a Ident,
    text: String,
    named_at: Span,
}

/// Stores each variant as its text.
pub(crate) fn derive(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let variants = read(input, data)?;
    let to_value = to_value(&input.ident, &variants);
    let from_value = from_value(&input.ident, &variants);
    Ok(quote! { #to_value #from_value })
}

fn read<'a>(input: &DeriveInput, data: &'a DataEnum) -> Result<Vec<Variant<'a>>> {
    let words = Words::read(&input.attrs, &ENUM);
    let (_, variants) = both(words, all(data.variants.iter().map(Variant::read)))?;
    if variants.is_empty() {
        let message = "an enum without variants is no tenant value: write at least one";
        return Err(Error::new_spanned(&input.ident, message));
    }
    distinct(
        &variants,
        |variant| &variant.text,
        |first, second| {
            let message = format!(
                "`{}` and `{}` are both stored as \"{}\": write `#[tenant(rename = \"...\")]` on \
                 one",
                first.ident, second.ident, second.text
            );
            Error::new(second.named_at, message)
        },
    )?;
    Ok(variants)
}

impl<'a> Variant<'a> {
    fn read(variant: &'a syn::Variant) -> Result<Self> {
        let ident = &variant.ident;
        if !matches!(variant.fields, Fields::Unit) {
            let message = format!(
                "`{ident}` has fields: an enum is stored as one text, so write its variants \
                 without"
            );
            return Err(Error::new(variant.fields.span(), message));
        }
        let words = Words::read(&variant.attrs, &VARIANT)?;
        let Some(rename) = words.text("rename") else {
            let text = snake_case(&ident.unraw().to_string());
            return Ok(Self { ident, text, named_at: ident.span() });
        };
        let text = rename.value();
        if text.is_empty() {
            return Err(Error::new_spanned(
                rename,
                "an empty text names no variant: write another",
            ));
        }
        Ok(Self { ident, text, named_at: rename.span() })
    }
}

fn to_value(ident: &Ident, variants: &[Variant<'_>]) -> TokenStream {
    let idents = variants.iter().map(|variant| variant.ident);
    let texts = variants.iter().map(|variant| &variant.text).collect::<Vec<_>>();
    quote! {
        #[automatically_derived]
        impl ::tenancy_sqlx::__private::ToValue for #ident {
            const KIND: ::tenancy_sqlx::__private::Kind = ::tenancy_sqlx::__private::Kind::Text;
            const CHOICES: &'static [&'static str] = &[#(#texts),*];

            fn to_value(&self) -> ::tenancy_sqlx::__private::Value {
                let text = match self { #(Self::#idents => #texts,)* };
                ::tenancy_sqlx::__private::Value::Text(::std::string::String::from(text))
            }
        }
    }
}

fn from_value(ident: &Ident, variants: &[Variant<'_>]) -> TokenStream {
    let idents = variants.iter().map(|variant| variant.ident);
    let texts = variants.iter().map(|variant| &variant.text);
    let unknown = format!("read a column: the text is no `{}`", ident.unraw());
    quote! {
        #[automatically_derived]
        impl ::tenancy_sqlx::__private::FromValue for #ident {
            fn from_value(
                value: ::tenancy_sqlx::__private::Value,
            ) -> ::core::result::Result<Self, ::tenancy_sqlx::__private::Error> {
                let text: ::std::string::String =
                    ::tenancy_sqlx::__private::FromValue::from_value(value)?;
                match text.as_str() {
                    #(#texts => ::core::result::Result::Ok(Self::#idents),)*
                    _ => ::core::result::Result::Err(::tenancy_sqlx::__private::Error::new(
                        ::tenancy_sqlx::__private::ErrorKind::Internal,
                        #unknown,
                    )),
                }
            }
        }
    }
}
