use crate::access::capabilities;

capabilities! {
    /// See the tenant's own domains.
    ViewDomains = "domains:view" for Owner Admin Developer Auditor Support;
    /// Add the tenant's own domains, verify them, take them away.
    ManageDomains = "domains:manage" for Owner Admin;
}
