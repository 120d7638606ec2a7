use crate::access::capabilities;

capabilities! {
    /// See who tells the bank of events, and what was told.
    ViewInbound = "inbound:view" for Owner Admin Developer Auditor Support ApiKey;
    /// Say who may tell the bank of events, and have them applied again.
    ManageInbound = "inbound:manage" for Owner Admin Developer ApiKey;
}
