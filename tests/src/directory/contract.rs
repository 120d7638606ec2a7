//! What every directory answers: in memory and in SQL, alike.

use std::time::Duration;

use tenancy_core::{
    ApiKey, ApiKeySecret, Clock as _, DirectoryEntry, ErrorKind, ManualClock, MemoryDirectory,
    PlanCatalogue, Tenant, TenantDirectory, TenantId, TenantKey, TenantSlug, TenantStatus,
};
use tenancy_sqlx::SqlDirectory;

use crate::harness::{Database, Engine};

const ENGINES: [Engine; 4] = [Engine::Sqlite, Engine::MySql, Engine::Postgres, Engine::PgBouncer];

fn tenant(slug: &str, plan: &str) -> Tenant {
    let plan = PlanCatalogue::example().plan(plan).expect("an example plan");
    let slug = TenantSlug::parse(slug).expect("a slug");
    Tenant::new(TenantId::generate(), slug, plan).with_name("The Bank")
}

fn secret() -> ApiKeySecret {
    ApiKeySecret::generate("test").expect("random bytes")
}

async fn find(directory: &dyn TenantDirectory, key: TenantKey) -> Option<DirectoryEntry> {
    directory.find(&key).await.expect("the directory answers")
}

/// What every directory answers once two tenants are in it, with a key each.
async fn finds_each_by_all_that_names_it(
    directory: &dyn TenantDirectory,
    tenants: [(&Tenant, &ApiKeySecret, &ApiKey); 2],
) {
    for (tenant, secret, key) in tenants {
        for by in [TenantKey::Id(tenant.id()), TenantKey::Slug(tenant.slug().clone())] {
            let entry = find(directory, by).await.expect("found");
            assert_eq!((entry.tenant.id(), entry.api_key), (tenant.id(), None));
            assert_eq!((entry.tenant.slug(), entry.tenant.name()), (tenant.slug(), tenant.name()));
            assert_eq!(entry.tenant.plan(), tenant.plan());
            assert_eq!(entry.tenant.status(), tenant.status());
        }
        let entry = find(directory, TenantKey::ApiKeyHash(secret.hash())).await.expect("found");
        assert_eq!(entry.tenant.id(), tenant.id());
        assert_eq!(entry.api_key.as_deref(), Some(key));
    }
    let nobody = TenantSlug::parse("nobody").expect("a slug");
    for by in [
        TenantKey::Id(TenantId::generate()),
        TenantKey::Slug(nobody),
        TenantKey::ApiKeyHash(secret().hash()),
    ] {
        assert!(find(directory, by).await.is_none());
    }
}

fn two() -> [(Tenant, ApiKeySecret, ApiKey); 2] {
    let clock = ManualClock::at_unix(1_800_000_000);
    clock.advance(Duration::from_micros(1));
    let harbor = tenant("harbor", "starter");
    let summit = tenant("summit", "enterprise").with_status(TenantStatus::Suspended);
    let first = ApiKey::new("first", harbor.id()).with_expiry(clock.now());
    // The same id in both tenants: it is unique within one.
    let second = ApiKey::new("first", summit.id());
    [(harbor, secret(), first), (summit, secret(), second)]
}

fn borrowed(two: &[(Tenant, ApiKeySecret, ApiKey); 2]) -> [(&Tenant, &ApiKeySecret, &ApiKey); 2] {
    two.each_ref().map(|(tenant, secret, key)| (tenant, secret, key))
}

#[tokio::test]
async fn memory_finds_tenants() {
    let directory = MemoryDirectory::new();
    let two = two();
    for (tenant, secret, key) in &two {
        directory.insert(tenant.clone()).expect("inserted");
        directory.insert_api_key(secret, key.clone());
    }
    finds_each_by_all_that_names_it(&directory, borrowed(&two)).await;
    let double = directory.insert(tenant("harbor", "starter")).expect_err("taken");
    assert_eq!((double.kind(), double.subject()), (ErrorKind::Conflict, Some("slug")));
    directory.remove_api_key(&two[0].1);
    assert!(find(&directory, TenantKey::ApiKeyHash(two[0].1.hash())).await.is_none());
    assert!(find(&directory, TenantKey::ApiKeyHash(two[1].1.hash())).await.is_some());
}

#[tokio::test]
async fn sql_finds_tenants_and_keeps_only_hashes() {
    for engine in ENGINES {
        let database = Database::create(engine).await;
        let directory = SqlDirectory::new(database.notes().await, PlanCatalogue::example());
        assert!(directory.is_empty().await.expect("an answer"));
        let two = two();
        for (tenant, secret, key) in &two {
            directory.insert(tenant).await.expect("inserted");
            directory.insert_api_key(secret, key).await.expect("inserted");
        }
        assert!(!directory.is_empty().await.expect("an answer"));
        finds_each_by_all_that_names_it(&directory, borrowed(&two)).await;

        let (harbor, key, _) = &two[0];
        let double = directory.insert(&tenant("harbor", "starter")).await.expect_err("taken");
        assert_eq!(double.kind(), ErrorKind::Conflict);
        let again = directory.insert_api_key(key, &ApiKey::new("other", harbor.id())).await;
        assert_eq!(again.expect_err("taken").kind(), ErrorKind::Conflict);
        let (stray, of_nobody) = (secret(), ApiKey::new("k", TenantId::generate()));
        let stray = directory.insert_api_key(&stray, &of_nobody).await;
        assert_eq!(stray.expect_err("of nobody").kind(), ErrorKind::Conflict);
    }
}

#[tokio::test]
async fn sql_changes_are_seen_by_the_next_look() {
    for engine in ENGINES {
        let database = Database::create(engine).await;
        let directory = SqlDirectory::new(database.notes().await, PlanCatalogue::example());
        // Another node on the same database.
        let node = SqlDirectory::new(database.notes().await, PlanCatalogue::example());
        let two = two();
        for (tenant, secret, key) in &two {
            directory.insert(tenant).await.expect("inserted");
            directory.insert_api_key(secret, key).await.expect("inserted");
        }
        let [(harbor, harbors, _), (summit, summits, _)] = &two;
        directory.set_status(harbor.id(), TenantStatus::ReadOnly).await.expect("changed");
        let entry = find(&node, TenantKey::Id(harbor.id())).await.expect("found");
        assert_eq!((entry.tenant.status(), entry.tenant.version()), (TenantStatus::ReadOnly, 2));
        let entry = find(&node, TenantKey::Id(summit.id())).await.expect("found");
        assert_eq!((entry.tenant.status(), entry.tenant.version()), (TenantStatus::Suspended, 1));

        // Both keys are called "first": only the tenant's own is revoked.
        assert!(directory.revoke_api_key(harbor.id(), "first").await.expect("an answer"));
        assert!(find(&node, TenantKey::ApiKeyHash(harbors.hash())).await.is_none());
        assert!(find(&node, TenantKey::ApiKeyHash(summits.hash())).await.is_some());
        assert!(!directory.revoke_api_key(harbor.id(), "second").await.expect("an answer"));

        let nobody = directory.set_status(TenantId::generate(), TenantStatus::Active).await;
        assert_eq!(nobody.expect_err("nobody").kind(), ErrorKind::TenantUnknown);
    }
}

#[tokio::test]
async fn a_plan_that_the_program_lacks_is_its_own_fault() {
    let database = Database::create(Engine::SqliteMemory).await;
    let db = database.notes().await;
    let directory = SqlDirectory::new(db.clone(), PlanCatalogue::example());
    let (harbor, summit) = (tenant("harbor", "starter"), tenant("summit", "enterprise"));
    for tenant in [&harbor, &summit] {
        directory.insert(tenant).await.expect("inserted");
    }
    let without = SqlDirectory::new(db, PlanCatalogue::default());
    for tenant in [&harbor, &summit] {
        let error = without.find(&TenantKey::Id(tenant.id())).await.expect_err("no such plan");
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
    }
}
