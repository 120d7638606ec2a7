/// Which resolutions are told to an auditor.
///
/// Blocked crossings are told at every level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditLevel {
    /// None of them.
    None,
    /// Those that failed, and those of a tenant whose status refuses the request.
    Failures,
    /// All: an event for each request.
    All,
}

/// Which events go first when there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditImportance {
    /// There are many, and each says little: a request was resolved.
    Low,
    /// The usual.
    Normal,
    /// It must not go unseen: a blocked crossing.
    High,
}
