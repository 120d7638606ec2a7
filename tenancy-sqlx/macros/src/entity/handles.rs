//! The constants by which an application names columns and rules: `Invoice::STATUS`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

use super::model::Entity;

/// Returns what a field's constant is called.
pub(crate) fn handle_name(field: &Ident) -> String {
    match field.unraw().to_string().to_uppercase() {
        // `Invoice::TABLE` is the table.
        name if name == "TABLE" => "TABLE_COLUMN".to_owned(),
        name => name,
    }
}

impl Entity {
    /// One constant for each column but the tenant's, one for each unique rule.
    ///
    /// None names the tenant: every statement does so by itself, and no code has a reason to.
    pub(crate) fn handles(&self) -> TokenStream {
        let ident = &self.ident;
        let fields = (0..self.columns.len()).filter(|at| *at != self.tenant);
        let fields = fields.map(|at| self.field_handle(at));
        let uniques = self.uniques.iter().enumerate().map(|(at, unique)| {
            let name = format_ident!("UNIQUE_{}", unique.name.to_uppercase());
            let doc = format!("No two rows of a tenant share `{}`.", unique.name);
            quote! {
                #[doc = #doc]
                pub const #name: ::tenancy_sqlx::__private::Unique<#ident> =
                    ::tenancy_sqlx::__private::Unique::new(#at);
            }
        });
        quote! {
            #[automatically_derived]
            #[allow(dead_code, unreachable_pub)]
            impl #ident { #(#fields)* #(#uniques)* }
        }
    }

    fn field_handle(&self, at: usize) -> TokenStream {
        let (ident, column) = (&self.ident, &self.columns[at]);
        let (vis, ty) = (&column.vis, &column.ty);
        let is_kept = at == self.key || self.kept.all().iter().any(|(_, kept)| *kept == Some(at));
        let marker = format_ident!("{}", if is_kept { "Kept" } else { "Writable" });
        let name = format_ident!("{}", handle_name(&column.field));
        let doc = format!("The column `{}`.", column.name);
        quote_spanned! {column.span()=>
            #[doc = #doc]
            #vis const #name: ::tenancy_sqlx::__private::Field<
                #ident, #ty, ::tenancy_sqlx::__private::#marker
            > = ::tenancy_sqlx::__private::Field::new(#at);
        }
    }
}
