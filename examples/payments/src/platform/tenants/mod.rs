//! The lives of tenants: how they are made, changed, halted and ended.

mod create;
mod edit;
mod life;
pub(super) mod lifecycle;
pub(crate) mod purge;
pub(super) mod routes;
mod view;

pub(crate) use life::TenantLife;
