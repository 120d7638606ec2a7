//! What may the actor of this request do.

mod current_access;
mod layer;
mod permitted;
mod permitted_on;
mod request_access;
mod service;

pub use current_access::CurrentAccess;
pub use layer::AccessLayer;
pub use permitted::{Permitted, WholeTenant};
pub use permitted_on::PermittedOn;
pub use service::AccessService;
