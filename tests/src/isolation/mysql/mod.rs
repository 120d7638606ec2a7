//! What is particular to MySQL and MariaDB.

mod restart;
mod session;
mod values;
