use tenancy_core::{Error, ErrorKind, Problem};

/// Why a change of members did not happen.
pub(crate) enum Halt {
    /// Somebody else changed the same row first. It may be tried again.
    Overtaken,
    /// It may not happen.
    Refused(Problem),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match (error.kind(), error.subject()) {
            (ErrorKind::Conflict, Some("version")) => Self::Overtaken,
            _ => Self::Refused(error.into()),
        }
    }
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

const ATTEMPTS: usize = 20;

/// Makes a change, each time in a transaction of its own, until nobody else is faster.
///
/// # Errors
///
/// What refuses it; 409 `member_changed` when others always are faster.
pub(crate) async fn again<T, F>(mut change: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Halt>>,
{
    for _ in 0..ATTEMPTS {
        match change().await {
            Err(Halt::Overtaken) => tokio::task::yield_now().await,
            Err(Halt::Refused(problem)) => return Err(problem),
            Ok(done) => return Ok(done),
        }
    }
    Err(Problem::new(409, "member_changed", "Others are changing members at the same time"))
}
