//! Requests to addresses that tenants choose: to the public network, and nowhere else.
//!
//! An address is judged when it is dialled, not when its name is: whatever a name resolves to at
//! that moment is checked, and the connection goes to the checked address. Redirects are not
//! followed, proxies are not used, no connection is used twice.

mod address;
mod client;
mod resolver;
mod url;

pub use address::is_public;
pub use client::{Delivery, Outbound, Undelivered};
pub use resolver::Reach;
pub use url::ReceiverUrl;
