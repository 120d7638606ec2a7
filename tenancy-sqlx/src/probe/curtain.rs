//! Behind it nothing is left.

use std::sync::Arc;

use tenancy_core::Error;
use tenancy_core::entity::{Table, Value};

use super::stage::Stage;

/// Removes every row that the probe may have written: when it falls, and when it is dropped.
pub(super) struct Curtain {
    stage: Arc<Stage>,
    /// Keys, of either tenant, in the order in which rows were made.
    rows: Vec<(Table, Value)>,
}

impl Curtain {
    pub(super) const fn new(stage: Arc<Stage>) -> Self {
        Self { stage, rows: Vec::new() }
    }

    /// Remembers a row that is about to be written, for whichever tenant.
    pub(super) fn expect(&mut self, table: &Table, row: &[Value]) {
        self.rows.push((*table, row[table.key()].clone()));
    }

    /// Removes all rows and waits for it.
    pub(super) async fn fall(mut self) -> Result<(), Error> {
        remove(&self.stage, std::mem::take(&mut self.rows)).await
    }
}

async fn remove(stage: &Stage, rows: Vec<(Table, Value)>) -> Result<(), Error> {
    let mut done = Ok(());
    // What refers to a row was made after it.
    for (table, key) in rows.into_iter().rev() {
        for tenant in stage.tenants {
            let removed = stage.remove(&table, tenant, &key).await.map(drop);
            done = done.and(removed);
        }
    }
    done
}

impl Drop for Curtain {
    fn drop(&mut self) {
        let (stage, rows) = (self.stage.clone(), std::mem::take(&mut self.rows));
        let runtime = tokio::runtime::Handle::try_current();
        if let (false, Ok(runtime)) = (rows.is_empty(), runtime) {
            runtime.spawn(async move {
                if let Err(error) = remove(&stage, rows).await {
                    tracing::warn!(%error, "rows of a probe were left behind");
                }
            });
        }
    }
}
