use crate::access::capabilities;

capabilities! {
    /// See accounts, entries and balances of the ledger.
    ViewLedger = "ledger:view" for Owner Admin FinanceApprover Analyst Auditor Support ApiKey;
}
