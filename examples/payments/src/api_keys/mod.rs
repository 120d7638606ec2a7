//! API keys: shown once, kept as a hash, narrowed to scopes, and replaced without a gap.

mod api_key;
mod capabilities;
mod issue;
mod new_api_key;
pub(crate) mod routes;

pub(crate) use api_key::ApiKeyRecord;
pub(crate) use capabilities::CAPABILITIES;
