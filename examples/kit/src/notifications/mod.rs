//! What people of a tenant should know, without having asked.

mod notification;

use tenancy_sqlx::Migration;

pub use notification::{Notification, NotificationId, NotificationView};

/// Returns the migration of the table of notifications, under an application's version.
pub const fn migration(version: u32) -> Migration {
    Migration::new(
        version,
        "notifications",
        include_str!("../../migrations/sqlite/notifications.sql"),
        include_str!("../../migrations/postgres/notifications.sql"),
    )
}
