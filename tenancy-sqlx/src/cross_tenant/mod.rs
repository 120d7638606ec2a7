//! Reading the rows of all tenants: another pool, another role, a bypass, a record of each use.

mod entrance;
mod entrances;
mod repository;
mod role;
mod statements;

pub(crate) use entrance::Entrance;
pub(crate) use entrances::Entrances;
pub use repository::CrossTenantRepository;
use statements::Statements;
