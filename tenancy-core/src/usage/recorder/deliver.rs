use std::sync::Arc;

use tokio::task::JoinSet;

use super::usage_recorder::Shared;
use crate::usage::UsageBatch;
use crate::{Error, ErrorKind};

/// Batches that are on their way at once: a store commits them side by side.
const AT_ONCE: usize = 8;

/// Delivers batches of different tenants; returns the first error, after all were tried.
pub(super) async fn all(shared: &Arc<Shared>, batches: Vec<UsageBatch>) -> Result<(), Error> {
    let mut running = JoinSet::new();
    let mut failure = None;
    let mut note = |answer: Result<Result<(), Error>, _>| match answer {
        Ok(Ok(())) => {}
        Ok(Err(error)) => failure = failure.take().or(Some(error)),
        // The sink panicked, which was reported; the batch is sent again.
        Err(_) => {
            let error = Error::new(ErrorKind::Internal, "deliver usage: the sink panicked");
            failure = failure.take().or(Some(error));
        }
    };
    for batch in batches {
        if running.len() >= AT_ONCE
            && let Some(answer) = running.join_next().await
        {
            note(answer);
        }
        let shared = shared.clone();
        running.spawn(async move { one(&shared, batch).await });
    }
    while let Some(answer) = running.join_next().await {
        note(answer);
    }
    failure.map_or(Ok(()), Err)
}

async fn one(shared: &Shared, batch: UsageBatch) -> Result<(), Error> {
    match shared.sink.deliver(&batch).await {
        Ok(_) => {
            shared.settle(&batch);
            Ok(())
        }
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            // Sent again it would be refused again, and hold up what comes after it.
            tracing::error!(tenant.id = %batch.tenant(), %error, "usage is lost: it was refused");
            metrics::counter!("tenancy_usage_refused_total").increment(1);
            shared.settle(&batch);
            Err(error)
        }
    }
}
