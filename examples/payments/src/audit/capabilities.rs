use crate::access::capabilities;

capabilities! {
    /// Read the audit log.
    ViewAudit = "audit:view" for Owner Admin Auditor Support;
    /// Check that the audit log is as it was written.
    VerifyAudit = "audit:verify" for Owner Auditor;
    /// Take the whole audit log away as evidence.
    ExportAudit = "audit:export" for Owner Auditor;
}
