//! `#[derive(TenantEntity)]` and `#[derive(SharedEntity)]`: what was written, then what it becomes.

mod expand;
mod fresh;
mod handles;
mod model;
mod shared;
mod unique;

use proc_macro2::TokenStream;
use syn::{DeriveInput, Result};

pub(crate) use handles::handle_name;
use model::Entity;
use shared::Shared;

/// Implements the traits of a row, and names its columns.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    Entity::read(input).map(|entity| entity.expand())
}

/// Implements the two traits of a row without a tenant.
pub(crate) fn derive_shared(input: &DeriveInput) -> Result<TokenStream> {
    Shared::read(input).map(|shared| shared.expand())
}
