use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Money that goes back.
#[derive(Debug, Clone)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) intent: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) standing: Standing,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) created: u64,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    Pending,
    Succeeded,
    Failed(String),
}

impl Refund {
    pub(super) const fn is_failed(&self) -> bool {
        matches!(self.standing, Standing::Failed(_))
    }

    pub(super) fn view(&self) -> Value {
        let (status, reason) = match &self.standing {
            Standing::Pending => ("pending", None),
            Standing::Succeeded => ("succeeded", None),
            Standing::Failed(reason) => ("failed", Some(reason)),
        };
        json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "created": self.created,
            "currency": self.currency,
            "failure_reason": reason,
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "status": status,
        })
    }
}
