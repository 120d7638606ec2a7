/// How Postgres learns the tenant of a statement: set by
/// [`TenantDbOptions::binding`](crate::TenantDbOptions::binding).
///
/// `MySQL`, `MariaDB` and SQLite have nothing to tell: there each statement names its tenant under
/// any binding, and [`Session`](Self::Session) is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Binding {
    /// The message that begins a transaction names it, for that transaction. It works behind a
    /// pooler in transaction mode.
    #[default]
    Transaction,
    /// [`TenantDb::read`](crate::TenantDb::read) names it for the session, and each statement is
    /// then a transaction by itself: nothing has to be rolled back, and each sees the rows as they
    /// are when it begins. What writes is a transaction as ever, and so is what reads a database
    /// that is one tenant's own.
    ///
    /// When the connection is given back all its settings are taken back; one on which that is not
    /// certain is closed. Only connections of one's own keep a setting: start-up refuses a pooler
    /// in transaction mode.
    Session,
    /// It does not learn it: **the predicate of each statement is all that keeps tenants apart**.
    /// For a Postgres without row-level security, or a role that it does not bind. No policy is
    /// made and none is asked for, the role may be any. SQL that goes around the library, injected
    /// or of one's own, sees every tenant.
    ///
    /// A table whose row-level security would hide its rows is refused.
    None,
}
