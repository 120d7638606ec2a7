use super::world::{Sealed, key};
use crate::harness::Engine;
use crate::isolation::cancellation::nothing_is_left;

/// One more await than an unsealed begin has.
#[tokio::test]
async fn leaves_nothing_behind() {
    for engine in [Engine::Postgres, Engine::PostgresSchemas] {
        let sealed = Sealed::create(engine).await;
        let ((db, _link), others) =
            (sealed.slow_service(key(1)).await, sealed.service(key(1)).await);
        let hits = nothing_is_left(&db, &others, &[]).await;
        eprintln!("{engine:?}: {hits:?}");
        others.close().await;
        sealed.end().await;
    }
}
