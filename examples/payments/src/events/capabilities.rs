use crate::access::capabilities;

capabilities! {
    /// See what has happened.
    ViewEvents = "events:view" for Owner Admin Developer Auditor Support ApiKey;
}
