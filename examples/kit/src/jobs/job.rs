use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;

crate::prefixed_id! {
    /// Names a job: `job_…`.
    pub JobId, "job_", "job_01k8p0g2v7e9h9qk3x5t7w1zra"
}

/// Something to be done for a tenant.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "jobs", version = "version")]
pub struct Job {
    /// Names it.
    #[tenant(key)]
    pub id: JobId,
    /// Whom it is done for.
    pub tenant_id: TenantId,
    /// What is to be done: names the handler.
    pub kind: String,
    /// What the handler needs to know, as JSON.
    pub payload: String,
    /// The sealed context it runs in.
    pub envelope: String,
    /// Of a tenant's jobs that are due, those with a higher one go first.
    pub priority: i64,
    /// When it is due.
    pub run_at: OffsetDateTime,
    /// How often it was begun.
    pub attempts: i64,
    /// Until when somebody is at it, by the system's clock.
    pub leased_until: Option<OffsetDateTime>,
    /// Whether it is still to be done.
    pub state: JobState,
    /// What stood in the way last.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: OffsetDateTime,
    /// Counts changes: who has taken it knows by this that nobody else has.
    pub version: i64,
}

/// Whether a job is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TenantValue)]
pub enum JobState {
    /// It is.
    Waiting,
    /// It was given up; it stays for people to look at.
    Dead,
}
