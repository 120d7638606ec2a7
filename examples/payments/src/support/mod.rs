//! Support: somebody of the platform whom a tenant lets see what is in it, for a while.
//!
//! A grant is for one tenant and an hour at most, reads only, and what is personal is masked. The
//! owners hear of it when it begins, see each look in their log, and may end it at any time.

mod ask;
mod capabilities;
mod end;
mod grant;
pub(crate) mod platform;
pub(crate) mod routes;

pub(crate) use capabilities::CAPABILITIES;
pub(crate) use grant::SupportGrant;
