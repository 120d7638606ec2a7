//! Code that runs for one tenant reaches no other one's values.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use tenancy_core::{ErrorKind, TenantContext};

use super::world::{Source, cache, context, found, loaded};

#[tokio::test]
async fn another_tenants_values_are_refused_and_stay() {
    let (cache, _) = cache();
    let (north, south) = (context("north"), context("south"));
    let (here, there) = (north.tenant_id(), south.tenant_id());
    cache.put(there, "menu", "theirs".to_owned()).await.unwrap();
    let source = Source::new("mine");
    let refusals = north
        .scope(async {
            assert_eq!(loaded(&cache, here, &source).await, "mine");
            [
                cache.get(there, "menu").await.err(),
                cache.get_or_load(there, "menu", source.load()).await.err(),
                cache.get_or_load(there, "new", source.load()).await.err(),
                cache.put(there, "menu", "mine".to_owned()).await.err(),
                cache.remove(there, "menu").await.err(),
                cache.flush_tenant(there).await.err(),
            ]
        })
        .await;
    for refusal in refusals {
        let error = refusal.unwrap();
        assert_eq!(error.kind(), ErrorKind::ForeignTenant);
        assert!(!format!("{error:?}").contains(&there.to_string()), "{error:?}");
    }
    assert_eq!(source.loads(), 1);
    assert_eq!(found(&cache, there, "menu").await.as_deref(), Some("theirs"));
    let inside = south.scope(async { found(&cache, there, "menu").await }).await;
    assert_eq!(inside.as_deref(), Some("theirs"));
}

#[tokio::test]
async fn a_warm_up_inside_a_tenants_context_loads_its_keys_alone() {
    let (cache, _) = cache();
    let (north, south) = (context("north"), context("south"));
    let (here, there) = (north.tenant_id(), south.tenant_id());
    let keys = [(here, "a"), (there, "a"), (here, "b"), (there, "b")];
    let load = |_, key: &'static str| async move { Ok(key.to_owned()) };
    let warmed = north.scope(cache.warm(keys, NonZeroUsize::MIN, load, |_| ())).await;
    assert_eq!((warmed.warm(), warmed.failed()), (2, 2));
    assert_eq!(found(&cache, here, "b").await.as_deref(), Some("b"));
    assert_eq!(found(&cache, there, "b").await, None);
}

/// A load runs in a task of its own: there too it is its tenant's.
#[tokio::test]
async fn a_load_carries_the_context_of_the_first_caller() {
    let (cache, _) = cache();
    for context in [context("north"), context("south")] {
        let tenant = context.tenant_id();
        let seen = Arc::new(Mutex::new(None));
        let saw = seen.clone();
        let load = move || {
            let saw = saw.clone();
            async move {
                *saw.lock().unwrap() = TenantContext::current().ok();
                Ok(String::new())
            }
        };
        context.scope(cache.get_or_load(tenant, "menu", load)).await.unwrap();
        let seen = seen.lock().unwrap().take().unwrap();
        assert_eq!(seen.tenant_id(), tenant);
    }
}
