//! Many payments from one file: looked through first, made by one person, approved by another one,
//! and each row paid once, whatever is killed meanwhile.

mod batch;
mod capabilities;
mod decide;
mod item;
mod meant;
mod result;
pub(crate) mod routes;
mod table;
mod totals;
mod upload;
mod work;

pub(crate) use batch::Batch;
pub(crate) use capabilities::CAPABILITIES;
pub(crate) use item::Item;
pub(crate) use work::{has_running, work};
