use std::time::Duration;

use super::CallError;

/// Waits for a provider's answer, as long as there is patience; `None` when it is not known.
pub(crate) async fn within<T>(
    patience: Duration,
    call: impl Future<Output = Result<T, CallError>>,
) -> Option<T> {
    tokio::time::timeout(patience, call).await.ok()?.ok()
}
