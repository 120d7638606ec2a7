use std::pin::Pin;
use std::time::Duration;

use tenancy_core::{Error, ErrorKind, Problem, TenantContext};
use tokio::time::sleep;

/// Why a step did not happen.
pub(crate) enum Halt {
    /// Somebody else changed the same row first. It may be taken again.
    Overtaken,
    /// The database has no time for it now.
    Away(Problem),
    /// It may not happen.
    Refused(Problem),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match (error.kind(), error.subject()) {
            (ErrorKind::Conflict, Some("version")) => Self::Overtaken,
            (ErrorKind::Unavailable | ErrorKind::Overloaded, _) => Self::Away(error.into()),
            _ => Self::Refused(error.into()),
        }
    }
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// How often a step is taken before its payment is said to be busy.
const ATTEMPTS: usize = 20;

/// Takes a step, each time in a transaction of its own, until nobody else is faster.
///
/// # Errors
///
/// 409 `payment_changed` when others always are.
pub(crate) async fn take<T, F>(mut step: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Halt>>,
{
    take_once(&mut step).await.map_err(|halt| match halt {
        Halt::Overtaken => changed(),
        Halt::Away(problem) | Halt::Refused(problem) => problem,
    })
}

/// How often what is known is written down before it is left for later.
const PATIENCE: u32 = 5;

/// Takes a step that must not be lost, such as writing down what a provider has said: while the
/// database has no time, some times more, each after a longer pause.
///
/// # Errors
///
/// As [`take`].
pub(crate) async fn insist<T, F>(mut step: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Halt>>,
{
    for tried in 0..PATIENCE {
        match take_once(&mut step).await {
            Err(Halt::Away(_)) => sleep(Duration::from_millis(50 << tried)).await,
            Err(Halt::Refused(problem)) => return Err(problem),
            Err(Halt::Overtaken) => return Err(changed()),
            Ok(done) => return Ok(done),
        }
    }
    take(step).await
}

async fn take_once<T, F>(step: &mut impl FnMut() -> F) -> Result<T, Halt>
where
    F: Future<Output = Result<T, Halt>>,
{
    for _ in 0..ATTEMPTS {
        match step().await {
            Err(Halt::Overtaken) => tokio::task::yield_now().await,
            other => return other,
        }
    }
    Err(Halt::Overtaken)
}

/// Does work to its end in a task of its own, even when the caller hangs up or time is up: what was
/// written down and what it asks for are not torn apart.
///
/// # Errors
///
/// Those of the work, and 500 when it panics.
pub(crate) async fn to_its_end<T: Send + 'static>(
    doing: &'static str,
    work: Pin<Box<dyn Future<Output = Result<T, Problem>> + Send>>,
) -> Result<T, Problem> {
    TenantContext::spawn(work).await.map_err(|panic| {
        Error::new(ErrorKind::Internal, format!("{doing}: the task panicked")).with_source(panic)
    })?
}

/// Somebody else has changed the payment.
pub(crate) fn changed() -> Problem {
    Problem::new(409, "payment_changed", "The payment has changed meanwhile")
        .with_detail("read it again")
        .with_param("version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_overtaken_step_is_taken_again_and_not_for_ever() {
        let mut taken = 0;
        let third = take(|| {
            taken += 1;
            let done = taken == 3;
            async move { if done { Ok(taken) } else { Err(Halt::Overtaken) } }
        });
        assert_eq!(third.await.unwrap(), 3);
        let never = take(|| async { Err::<(), _>(Halt::Overtaken) }).await.unwrap_err();
        assert_eq!((never.status(), never.code()), (409, "payment_changed"));
    }

    #[tokio::test]
    async fn a_refused_step_is_not_taken_again() {
        let mut taken = 0;
        let refused = take(|| {
            taken += 1;
            async { Err::<(), _>(Halt::from(Error::new(ErrorKind::NotFound, "no such row"))) }
        });
        assert_eq!(refused.await.unwrap_err().status(), 404);
        assert_eq!(taken, 1);
    }
}
