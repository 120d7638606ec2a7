use crate::access::capabilities;

capabilities! {
    /// See accounts, entries and balances of the ledger.
    ViewLedger = "ledger:view" for Owner Admin FinanceApprover Analyst Auditor Support ApiKey;
    /// Write down that providers have paid out.
    SettleLedger = "ledger:settle" for Owner Admin FinanceApprover ApiKey;
    /// Add the whole ledger up anew.
    VerifyLedger = "ledger:verify" for Owner Admin FinanceApprover Auditor;
    /// Take the statement of an account with you.
    ExportLedger = "ledger:export" for Owner Admin FinanceApprover Auditor;
    /// Ask for a correction of the ledger.
    RequestCorrections = "ledger:correct" for Owner FinanceApprover;
    /// Decide about a correction that somebody else has asked for.
    ApproveCorrections = "ledger:approve" for Owner FinanceApprover;
}
