use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::SharedString;
use tenancy_core::TenantId;

/// Which tenants have a label of their own: each label costs memory wherever metrics are kept.
#[derive(Clone)]
pub(crate) struct TenantLabels {
    budget: usize,
    known: Arc<RwLock<HashMap<TenantId, SharedString>>>,
}

impl TenantLabels {
    pub(crate) fn new(budget: usize) -> Self {
        Self { budget, known: Arc::default() }
    }

    pub(super) const fn with_budget(mut self, budget: usize) -> Self {
        self.budget = budget;
        self
    }

    /// Gives a tenant a label, within the budget or not.
    pub(super) fn pin(&self, tenant: TenantId) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(tenant).or_insert_with(|| label(tenant));
    }

    /// Returns a tenant's label: `other` once the budget is spent.
    pub(crate) fn of(&self, tenant: Option<TenantId>) -> SharedString {
        let Some(tenant) = tenant else { return SharedString::const_str("none") };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match known.get(&tenant) {
            Some(label) => return label.clone(),
            None if known.len() >= self.budget => return SharedString::const_str("other"),
            None => drop(known),
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have been first.
        if known.len() >= self.budget && !known.contains_key(&tenant) {
            return SharedString::const_str("other");
        }
        known.entry(tenant).or_insert_with(|| label(tenant)).clone()
    }
}

fn label(tenant: TenantId) -> SharedString {
    SharedString::from_shared(Arc::from(tenant.to_string()))
}
