use crate::access::capabilities;

capabilities! {
    /// See batches and what has become of their rows.
    ViewBatches = "bulk:view" for Owner Admin FinanceApprover Operator Analyst Auditor Support ApiKey;
    /// Upload batches, submit and cancel them.
    MakeBatches = "bulk:make" for Owner Admin Operator ApiKey;
    /// Decide about batches that somebody else has made.
    ApproveBatches = "bulk:approve" for Owner Admin FinanceApprover;
}
