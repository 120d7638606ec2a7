//! The code an entity becomes.
//!
//! Nothing is imported: each path begins at `::tenancy_sqlx`, so that no name of the caller is
//! shadowed. Code about a field is located at its type, where its errors belong.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::model::{Column, Entity};

impl Entity {
    /// Implements `FromTenantRow` and `TenantEntity`, and makes the handles of the columns.
    pub(crate) fn expand(&self) -> TokenStream {
        let from_row = impl_from_tenant_row(&self.ident, &self.table, &self.columns);
        let entity = self.impl_tenant_entity();
        let handles = self.handles();
        let fresh = self.impl_fresh();
        let checks = self.checks();
        quote! { #from_row #entity #handles #fresh #checks }
    }

    fn impl_tenant_entity(&self) -> TokenStream {
        let ident = &self.ident;
        let key_type = &self.columns[self.key].ty;
        let key = &self.columns[self.key].field;
        let table = self.table();
        let tenant = self.tenant();
        let values = self.columns.iter().map(Column::value);
        quote! {
            #[automatically_derived]
            impl ::tenancy_sqlx::__private::TenantEntity for #ident {
                type Key = #key_type;

                const TABLE: ::tenancy_sqlx::__private::Table = #table;

                fn tenant(&self) -> ::tenancy_sqlx::__private::TenantId {
                    #tenant
                }

                fn key(&self) -> &Self::Key {
                    &self.#key
                }

                fn values(&self) -> ::std::vec::Vec<::tenancy_sqlx::__private::Value> {
                    ::std::vec![#(#values),*]
                }
            }
        }
    }

    fn table(&self) -> TokenStream {
        let (name, tenant, key) = (&self.table, self.tenant, self.key);
        let columns = self.columns.iter().map(Column::describe);
        let kept = self.kept.all().into_iter().filter_map(|(word, at)| {
            let with = format_ident!("with_{word}");
            at.map(|at| quote_spanned! {self.columns[at].span()=> .#with(#at) })
        });
        let uniques = self.uniques.iter().map(|unique| {
            let columns = &unique.columns;
            quote! { &[#(#columns),*] }
        });
        let uniques =
            (!self.uniques.is_empty()).then(|| quote! { .with_uniques(&[#(#uniques),*]) });
        quote! {
            ::tenancy_sqlx::__private::Table::new(#name, &[#(#columns),*], #tenant, #key)
                #(#kept)* #uniques
        }
    }

    fn tenant(&self) -> TokenStream {
        let column = &self.columns[self.tenant];
        let field = &column.field;
        quote_spanned! {column.span()=> self.#field }
    }

    /// What the types must promise and only the compiler can tell, and what they promise then.
    fn checks(&self) -> TokenStream {
        let ident = &self.ident;
        let key_is_there = self.columns[self.key].check_not_null();
        let version_counts = self.kept.version.map(|at| {
            let version = &self.columns[at];
            let field = &version.field;
            quote_spanned! {version.span()=> const _: fn(&#ident) -> &i64 = |row| &row.#field; }
        });
        let soft_deletes = self.kept.deleted_at.map(|_| {
            quote! {
                #[automatically_derived]
                impl ::tenancy_sqlx::__private::SoftDelete for #ident {}
            }
        });
        quote! { #key_is_there #version_counts #soft_deletes }
    }
}

/// Implements `FromTenantRow`.
pub(super) fn impl_from_tenant_row(ident: &Ident, table: &str, columns: &[Column]) -> TokenStream {
    let fields = columns.iter().map(|column| &column.field);
    let names = columns.iter().map(|column| &column.name);
    let reads = columns.iter().enumerate().map(|(at, column)| column.take(at, table));
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
    fn take(&self, at: usize, table: &str) -> TokenStream {
        let ty = &self.ty;
        let subject = format!("{table}.{}", self.name);
        // A closure: for a bare path the compiler says once more that the type is no value.
        quote_spanned! {self.span()=>
            row.take(#at, <#ty as ::tenancy_sqlx::__private::ToValue>::KIND)
                .and_then(|value| <#ty as ::tenancy_sqlx::__private::FromValue>::from_value(value))
                .map_err(|error| error.with_subject(#subject))?
        }
    }

    /// The key of a row is never null.
    pub(super) fn check_not_null(&self) -> TokenStream {
        let ty = &self.ty;
        quote_spanned! {self.span()=>
            const _: () = ::core::assert!(
                !<#ty as ::tenancy_sqlx::__private::ToValue>::NULLABLE,
                "the key cannot be null: write its type without `Option`"
            );
        }
    }

    pub(super) fn describe(&self) -> TokenStream {
        let (name, ty) = (&self.name, &self.ty);
        quote_spanned! {self.span()=>
            ::tenancy_sqlx::__private::Column::new(
                #name,
                <#ty as ::tenancy_sqlx::__private::ToValue>::KIND,
                <#ty as ::tenancy_sqlx::__private::ToValue>::NULLABLE,
            )
            .with_choices(<#ty as ::tenancy_sqlx::__private::ToValue>::CHOICES)
        }
    }

    pub(super) fn value(&self) -> TokenStream {
        let (field, ty) = (&self.field, &self.ty);
        quote_spanned! {self.span()=>
            <#ty as ::tenancy_sqlx::__private::ToValue>::to_value(&self.#field)
        }
    }

    /// Located at the type, but resolved where the derive stands: a type that comes out of
    /// another macro could not see `row` and `self` else.
    pub(super) fn span(&self) -> Span {
        Span::call_site().located_at(self.ty.span())
    }
}
