//! What a handler's signature asks for, and who gets past it.

mod desk;
mod grants;
mod refusals;
mod source;
