//! The library's own tables.

use super::Migration;

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration::new(
        1,
        "directory",
        include_str!("control_plane/sqlite/0001_directory.sql"),
        include_str!("control_plane/postgres/0001_directory.sql"),
    )
    .with_mysql(include_str!("control_plane/mysql/0001_directory.sql")),
    Migration::new(
        2,
        "directory: domains, sessions, overrides, changes",
        include_str!("control_plane/sqlite/0002_directory.sql"),
        include_str!("control_plane/postgres/0002_directory.sql"),
    )
    .with_mysql(include_str!("control_plane/mysql/0002_directory.sql")),
    Migration::new(
        3,
        "audit",
        include_str!("control_plane/sqlite/0003_audit.sql"),
        include_str!("control_plane/postgres/0003_audit.sql"),
    )
    .with_mysql(include_str!("control_plane/mysql/0003_audit.sql")),
    Migration::new(
        4,
        "usage",
        include_str!("control_plane/sqlite/0004_usage.sql"),
        include_str!("control_plane/postgres/0004_usage.sql"),
    )
    .with_mysql(include_str!("control_plane/mysql/0004_usage.sql")),
    Migration::portable(
        5,
        "directory: placement",
        include_str!("control_plane/0005_placement.sql"),
    )
    .with_mysql(include_str!("control_plane/mysql/0005_placement.sql")),
];
