//! Transactions of a month: counted with the attempt that they are, and never beyond the plan.

mod alert;
mod transactions;

pub(crate) use alert::{QuotaAlert, QuotaAlertView, alerts_of};
pub(crate) use transactions::{TransactionMonth, consume, used};
