//! What columns hold when a draft leaves them out.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::model::{Column, Entity};

impl Entity {
    /// Implements `Fresh`.
    pub(crate) fn impl_fresh(&self) -> TokenStream {
        let ident = &self.ident;
        let columns = || self.columns.iter().enumerate();
        let missing = columns().map(|(at, column)| self.missing(at, column));
        let fresh = columns().map(|(at, column)| self.fresh(at, column));
        quote! {
            #[automatically_derived]
            impl ::tenancy_sqlx::__private::Fresh for #ident {
                const MISSING: &'static [::core::option::Option<&'static str>] = &[#(#missing),*];

                fn fresh(
                    tenant: ::tenancy_sqlx::__private::TenantId,
                ) -> ::std::vec::Vec<::tenancy_sqlx::__private::Value> {
                    ::std::vec![#(#fresh),*]
                }
            }
        }
    }

    /// Null may be left out, and so may what the library keeps.
    fn missing(&self, at: usize, column: &Column) -> TokenStream {
        let is_known = at == self.tenant
            || column.default.is_some()
            || self.kept.all().iter().any(|(_, kept)| *kept == Some(at));
        if is_known {
            return quote! { ::core::option::Option::None };
        }
        let (ty, field) = (&column.ty, &column.field);
        let message = format!(
            "a draft leaves out `{field}` of `{}`: add it to the draft, or `#[tenant(default)]` to \
             the entity's field",
            self.ident
        );
        quote_spanned! {column.span()=>
            if <#ty as ::tenancy_sqlx::__private::ToValue>::NULLABLE {
                ::core::option::Option::None
            } else {
                ::core::option::Option::Some(#message)
            }
        }
    }

    fn fresh(&self, at: usize, column: &Column) -> TokenStream {
        let ty = &column.ty;
        let is = |kept: Option<usize>| kept == Some(at);
        if at == self.tenant {
            return quote! { ::tenancy_sqlx::__private::ToValue::to_value(&tenant) };
        }
        if let Some(default) = &column.default {
            return quote_spanned! {column.span()=> {
                let value: #ty = #default;
                <#ty as ::tenancy_sqlx::__private::ToValue>::to_value(&value)
            }};
        }
        if is(self.kept.version) {
            return quote! { ::tenancy_sqlx::__private::Value::Int(1) };
        }
        if is(self.kept.created_at) || is(self.kept.updated_at) {
            return quote! { ::tenancy_sqlx::__private::Drafting::<Self>::NO_TIME };
        }
        quote_spanned! {column.span()=>
            ::tenancy_sqlx::__private::Value::Null(
                <#ty as ::tenancy_sqlx::__private::ToValue>::KIND,
            )
        }
    }
}
