use serde_json::{Value, json};

use crate::money;

/// Something that was asked for, under the caller's own id.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) external: String,
    pub(super) payment: String,
    pub(super) kind: Kind,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: Status,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Payment,
    Charge,
    Refund,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    InProgress,
    Done,
    Refused(String),
}

impl Operation {
    pub(super) fn view(&self) -> Value {
        let (status, reason) = match &self.status {
            Status::InProgress => ("IN_PROGRESS", None),
            Status::Done => ("DONE", None),
            Status::Refused(reason) => ("REFUSED", Some(reason)),
        };
        json!({
            "operationId": self.id,
            "externalId": self.external,
            "paymentId": self.payment,
            "type": self.kind.as_str(),
            "status": status,
            "reason": reason,
            "money": { "value": money::write(self.amount, &self.currency), "currency": self.currency },
        })
    }
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Charge => "charge",
            Self::Refund => "refund",
        }
    }
}
