use tenancy_core::TenantContext;
use tenancy_core::entity::{Table, ToValue as _, Value};
use time::OffsetDateTime;

use crate::handle::TenantTx;

/// What the library writes into the columns it keeps: when, and by whom.
#[derive(Debug)]
pub(super) struct Stamp {
    now: OffsetDateTime,
}

impl Stamp {
    /// Takes the time from the clock of the database's options.
    pub(super) fn now(tx: &TenantTx) -> Self {
        Self { now: tx.db().clock().now() }
    }

    pub(super) fn time(&self) -> Value {
        self.now.to_value()
    }

    /// Tells whether an insert has anything to keep.
    pub(super) const fn is_needed(table: &Table) -> bool {
        table.created_at().is_some() || table.updated_at().is_some() || table.deleted_at().is_some()
    }

    /// Fills in a row's columns before it is inserted: it is made now, and not deleted.
    pub(super) fn insert(&self, table: &Table, values: &mut [Value]) {
        for at in [table.created_at(), table.updated_at()].into_iter().flatten() {
            values[at] = self.time();
        }
        for at in [table.deleted_at(), table.deleted_by()].into_iter().flatten() {
            values[at] = Value::Null(table.columns()[at].kind());
        }
    }

    /// Fills in a row's columns before it is updated.
    pub(super) fn update(&self, table: &Table, values: &mut [Value]) {
        if let Some(at) = table.updated_at() {
            values[at] = self.time();
        }
    }
}

/// Names who acts in the running task for this tenant, as `user:user_7`.
pub(super) fn actor(tx: &TenantTx) -> Value {
    let context = TenantContext::try_current().filter(|context| context.tenant_id() == tx.tenant());
    let actor = context.as_ref().and_then(TenantContext::actor);
    actor.map(|actor| format!("{}:{}", actor.kind().as_str(), actor.id())).to_value()
}
