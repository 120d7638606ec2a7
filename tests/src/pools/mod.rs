//! Each tenant where it was placed: shared tables, a schema, a database; scarce connections, servers that are away.

mod away;
mod budget;
mod placement;
mod replicas;
mod schemas;
mod shares;
mod world;

pub(crate) use world::World;
