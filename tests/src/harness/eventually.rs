use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Asks again and again until it is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < deadline, "not in 30 s: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
