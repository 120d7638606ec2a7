//! `#[derive(FromTenantRow)]`: a row of a result, read by the names of its columns.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, Type};

use crate::attribute::{Place, Word, Words};
use crate::errors::{all, both, distinct};
use crate::name::plain;

const STRUCT: Place = Place { name: "a row of a result", words: &[] };

const FIELD: Place =
    Place { name: "a field of a result", words: &[Word::Text("column", "other_name")] };

/// A field and the column it is read from.
struct Column {
    field: Ident,
    ty: Type,
    name: String,
    named_at: Span,
}

/// Implements the trait of a row.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let fields = named_fields(input)?;
    let words = Words::read(&input.attrs, &STRUCT);
    let (_, columns) = both(words, all(fields.named.iter().map(Column::read)))?;
    distinct(&columns, |column| &column.name, same_column)?;
    Ok(expand(&input.ident, &columns))
}

fn expand(ident: &Ident, columns: &[Column]) -> TokenStream {
    let names = columns.iter().map(|column| &column.name);
    let fields = columns.iter().map(|column| &column.field);
    let reads = columns.iter().enumerate().map(|(at, column)| column.read_at(at));
    quote! {
        #[automatically_derived]
        impl ::tenancy_sqlx::__private::FromTenantRow for #ident {
            const COLUMNS: &'static [&'static str] = &[#(#names),*];

            fn from_row(
                row: &mut dyn ::tenancy_sqlx::__private::Row,
            ) -> ::core::result::Result<Self, ::tenancy_sqlx::__private::Error> {
                ::core::result::Result::Ok(Self { #(#fields: #reads,)* })
            }
        }
    }
}

impl Column {
    fn read(field: &syn::Field) -> Result<Self> {
        let words = Words::read(&field.attrs, &FIELD)?;
        let ident = field.ident.clone().expect("a named field has a name");
        let (name, named_at, remedy) = if let Some(column) = words.text("column") {
            (column.value(), column.span(), "write")
        } else {
            let remedy = "add `#[tenant(column = \"...\")]` with";
            (ident.unraw().to_string(), ident.span(), remedy)
        };
        plain("column", &name, named_at, remedy)?;
        Ok(Self { field: ident, ty: field.ty.clone(), name, named_at })
    }

    /// Located at the type, where its errors belong.
    fn read_at(&self, at: usize) -> TokenStream {
        let (ty, subject) = (&self.ty, &self.name);
        let span = Span::call_site().located_at(ty.span());
        quote_spanned! {span=>
            row.take(#at, <#ty as ::tenancy_sqlx::__private::ToValue>::KIND)
                .and_then(|value| <#ty as ::tenancy_sqlx::__private::FromValue>::from_value(value))
                .map_err(|error| error.with_subject(#subject))?
        }
    }
}

fn same_column(first: &Column, second: &Column) -> Error {
    let message = format!(
        "the fields `{}` and `{}` share the column `{}`: give one another name",
        first.field, second.field, second.name
    );
    Error::new(second.named_at, message)
}

fn named_fields(input: &DeriveInput) -> Result<&syn::FieldsNamed> {
    if !input.generics.params.is_empty() {
        let message = "a row of a result has no generics: write one struct for each result";
        return Err(Error::new_spanned(&input.generics, message));
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => Ok(fields),
            _ => Err(shape(input)),
        },
        Data::Enum(_) | Data::Union(_) => Err(shape(input)),
    }
}

fn shape(input: &DeriveInput) -> Error {
    let message = "a row of a result has columns: write a struct with named fields";
    Error::new_spanned(&input.ident, message)
}
