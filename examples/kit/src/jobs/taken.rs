use serde::de::DeserializeOwned;
use tenancy_core::{Error, ErrorKind, TenantContext};
use tenancy_sqlx::{TenantDb, TenantTx};
use time::OffsetDateTime;

use super::{Job, JobState, Jobs};

/// A job that this worker has taken, for as long as its lease.
#[derive(Debug, Clone)]
pub struct Taken {
    pub(super) jobs: Jobs,
    pub(super) db: TenantDb,
    pub(super) job: Job,
    pub(super) context: TenantContext,
}

/// Proves that a job was settled: done, put off or given up.
#[derive(Debug)]
#[must_use = "a handler returns it"]
pub struct Settled(pub(super) ());

impl Taken {
    /// Returns the job.
    pub const fn job(&self) -> &Job {
        &self.job
    }

    /// Returns the context it runs in.
    pub const fn context(&self) -> &TenantContext {
        &self.context
    }

    /// Begins a transaction of the job's tenant.
    pub fn tx(&self) -> TenantTx {
        self.db.tenant(self.job.tenant_id)
    }

    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] when it is of another form.
    pub fn payload<P: DeserializeOwned>(&self) -> Result<P, Error> {
        serde_json::from_str(&self.job.payload).map_err(|source| {
            Error::new(ErrorKind::Internal, "read a job's payload").with_source(source)
        })
    }

    /// Says that it is done, once the transaction is in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when the lease is over and another worker has the job: then the
    /// transaction must not be committed. And the database's.
    pub async fn done(&self, tx: &mut TenantTx) -> Result<Settled, Error> {
        let gone = tx
            .sql("DELETE FROM jobs WHERE id = $1 AND version = $2")
            .bind(self.job.id)
            .bind(self.job.version)
            .execute()
            .await?;
        if gone == 1 { Ok(Settled(())) } else { Err(lost()) }
    }

    /// Puts it off: it is begun again at a time.
    ///
    /// # Errors
    ///
    /// As [`done`](Self::done).
    pub async fn again(
        &self,
        tx: &mut TenantTx,
        at: OffsetDateTime,
        why: Option<&str>,
    ) -> Result<Settled, Error> {
        let changes = [
            Job::RUN_AT.set(at),
            Job::LEASED_UNTIL.set(None),
            Job::LAST_ERROR.set(why.map(str::to_owned)),
        ];
        let (id, version) = (self.job.id, self.job.version);
        tx.repo::<Job>().patch_version(&id, version, changes).await?;
        let (jobs, tenant) = (self.jobs.clone(), self.job.tenant_id);
        tx.after_commit(move || jobs.note(tenant, at));
        Ok(Settled(()))
    }

    /// Gives it up for good. It stays, for people to look at.
    ///
    /// # Errors
    ///
    /// As [`done`](Self::done).
    pub async fn dead(&self, tx: &mut TenantTx, why: &str) -> Result<Settled, Error> {
        let changes = [
            Job::STATE.set(JobState::Dead),
            Job::LEASED_UNTIL.set(None),
            Job::LAST_ERROR.set(Some(why.to_owned())),
        ];
        tx.repo::<Job>().patch_version(&self.job.id, self.job.version, changes).await?;
        Ok(Settled(()))
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Conflict, "settle a job: its lease is over, and another worker has it")
        .with_subject("version")
}
