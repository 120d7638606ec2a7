use crate::access::capabilities;

capabilities! {
    /// See connections to providers, how they do and their calls.
    ViewConnections = "connections:view"
        for Owner Admin FinanceApprover Developer Auditor Support ApiKey;
    /// Connect providers, change and try connections, open and close their breakers.
    ManageConnections = "connections:manage" for Owner Admin Developer ApiKey;
}
