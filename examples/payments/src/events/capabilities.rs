use crate::access::capabilities;

capabilities! {
    /// See what has happened.
    ViewEvents = "events:view" for Owner Admin Developer Auditor Support ApiKey;
    /// See what people should know.
    ViewNotifications = "notifications:view"
        for Owner Admin FinanceApprover Operator Developer Auditor Support ApiKey;
}
