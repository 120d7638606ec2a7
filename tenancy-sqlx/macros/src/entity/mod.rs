//! `#[derive(TenantEntity)]`: what was written, then what it becomes.

mod expand;
mod model;

use proc_macro2::TokenStream;
use syn::{DeriveInput, Result};

use model::Entity;

/// Implements the two traits of a row.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    Entity::read(input).map(|entity| entity.expand())
}
