//! A Redis Cluster: which server has which slot, and how a request finds it.

mod guide;
mod keeper;
mod map;
mod view;

pub(crate) use guide::Cluster;
