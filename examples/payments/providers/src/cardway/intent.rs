use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Somebody's intention to pay.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) is_manual: bool,
    pub(super) status: Status,
    pub(super) capturable: i64,
    pub(super) received: i64,
    pub(super) declined: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) created: u64,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    RequiresPaymentMethod,
    Processing,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

impl Intent {
    /// Reserves the money, or takes it.
    pub(super) fn authorize(&mut self) {
        if self.is_manual {
            self.status = Status::RequiresCapture;
            self.capturable = self.amount;
        } else {
            self.status = Status::Succeeded;
            self.received = self.amount;
        }
    }

    /// Takes a part of what is reserved; the last one frees the rest.
    pub(super) fn capture(&mut self, amount: i64, is_last: bool) {
        self.received += amount;
        self.capturable = if is_last { 0 } else { self.capturable - amount };
        if self.capturable == 0 {
            self.status = Status::Succeeded;
        }
    }

    /// Frees what is still reserved.
    pub(super) fn cancel(&mut self) {
        self.capturable = 0;
        self.status = if self.received > 0 { Status::Succeeded } else { Status::Canceled };
    }

    pub(super) fn view(&self) -> Value {
        let error = self.declined.as_ref().map(
            |code| json!({ "type": "card_error", "code": "card_declined", "decline_code": code }),
        );
        json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": self.capturable,
            "amount_received": self.received,
            "capture_method": if self.is_manual { "manual" } else { "automatic" },
            "created": self.created,
            "currency": self.currency,
            "last_payment_error": error,
            "livemode": false,
            "metadata": self.metadata,
            "status": self.status.as_str(),
        })
    }
}
