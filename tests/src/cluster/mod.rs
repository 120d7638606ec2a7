//! Redis Cluster: all that is shared over Redis, while primaries die, move and forget.

mod away;
mod chaos;
mod contracts;
mod load;
mod routes;
