use crate::access::capabilities;

capabilities! {
    /// See workflows, and what they would have done.
    ViewWorkflows = "workflows:view"
        for Owner Admin FinanceApprover Developer Auditor Support;
    /// Write and publish workflows.
    EditWorkflows = "workflows:edit" for Owner Admin;
    /// See what waits for people to agree.
    ViewApprovals = "approvals:view"
        for Owner Admin FinanceApprover Operator Auditor Support;
    /// Agree to what others have made, or not.
    DecideApprovals = "approvals:decide" for Owner Admin FinanceApprover;
}
