//! A database that was migrated once, and is copied.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use tenancy_core::Error;
use uuid::Uuid;

use super::test_databases::{TestDatabases, beside};
use crate::backend::Workshop;

/// Returns the name of the template, after it was made; none where databases are not copied.
///
/// Tests run in many processes at once: one makes it, and the others wait. It gets its name when it
/// is complete.
pub(super) async fn of(databases: &TestDatabases) -> Result<Option<String>, Error> {
    let mut workshop = Workshop::open(databases.url(), &databases.options()).await?;
    if !workshop.copies() {
        workshop.close().await;
        return Ok(None);
    }
    let name = name(databases);
    workshop.lock(&name).await?;
    if !workshop.has(&name).await? {
        let draft = format!("tenancy_draft_{}", Uuid::now_v7().as_simple());
        workshop.create(&draft, None).await?;
        let filled = fill(databases, &draft).await;
        let done = match filled {
            Ok(()) => workshop.rename(&draft, &name).await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            let _ = workshop.remove(&draft).await;
        }
        done?;
    }
    // The lock ends with the connection.
    workshop.close().await;
    Ok(Some(name))
}

async fn fill(databases: &TestDatabases, name: &str) -> Result<(), Error> {
    let db = databases.options().connect(&beside(databases.url(), name)?).await?;
    let migrated = db.migrate(databases.migrations()).await;
    // A database that somebody is connected to cannot be copied.
    db.close().await;
    migrated
}

/// Names it after all that is in it.
fn name(databases: &TestDatabases) -> String {
    let options = databases.options();
    let content = format!(
        "{} {:?} {:?} {} {}",
        env!("CARGO_PKG_VERSION"),
        databases.migrations(),
        options.registry.tables(),
        options.schema,
        options.seal.is_some(),
    );
    let mut name = "tenancy_template_".to_owned();
    for byte in Sha256::digest(content.as_bytes()).iter().take(16) {
        write!(name, "{byte:02x}").expect("writing to a string does not fail");
    }
    name
}
