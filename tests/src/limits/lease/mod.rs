//! Leases: the rules in a simulation of everything that goes wrong, and nodes that follow them.

mod books;
mod node;
mod nodes;
mod oracle;
mod redis;
mod server;
mod simulation;
mod world;
