use crate::access::capabilities;

capabilities! {
    /// See whom of the platform the tenant has let in.
    ViewSupport = "support-grants:view" for Owner Admin Auditor;
    /// Send somebody of the platform away before the time is over.
    EndSupport = "support-grants:end" for Owner Admin;
}
