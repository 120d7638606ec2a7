use crate::access::capabilities;

capabilities! {
    /// See refunds.
    ViewRefunds = "refunds:view"
        for Owner Admin FinanceApprover Operator Analyst Auditor Support ApiKey;
    /// Give money back.
    CreateRefunds = "refunds:create" for Owner Admin Operator ApiKey;
    /// Say how much a provider gave back that did not give back what it was asked.
    ResolveRefunds = "refunds:resolve" for Owner Admin Operator;
}
