//! What a handler asks for: its signature shows that it needs a tenant, or an actor.

mod current_actor;
mod current_context;
mod current_tenant;

pub use current_actor::CurrentActor;
pub use current_context::CurrentContext;
pub use current_tenant::CurrentTenant;
