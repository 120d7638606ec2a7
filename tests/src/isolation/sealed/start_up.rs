use tenancy_core::ErrorKind;
use tenancy_sqlx::TenantDb;

use super::world::{Sealed, key};
use crate::harness::{Engine, NOTES, Note, count_notes, two_tenants};

#[tokio::test]
async fn start_up_refuses_what_the_seal_would_not_hold_against() {
    let sealed = Sealed::create(Engine::Postgres).await;
    let (a, b) = two_tenants();
    let owner = sealed.owner(key(1)).await;
    let says = async |db: &TenantDb, tenant| {
        let error = db.read(tenant).repo::<Note>().count().await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
        error.message().to_owned()
    };
    assert!(says(&owner, a).await.contains("grant_to"), "the owner reads the keys");
    let mut admin = sealed.database.admin().await;
    for (rights, take_back, word) in [
        (
            "GRANT TRUNCATE ON notes TO tenancy_test",
            "REVOKE TRUNCATE ON notes FROM tenancy_test",
            "empty it",
        ),
        (
            "GRANT SELECT ON tenancy.seal_keys TO tenancy_test",
            "REVOKE SELECT ON tenancy.seal_keys FROM tenancy_test",
            "read the keys",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO tenancy_test",
            "REVOKE CREATE ON SCHEMA public FROM tenancy_test",
            "make objects",
        ),
    ] {
        admin.run(rights).await;
        let db = sealed.service(key(1)).await;
        assert!(says(&db, b).await.contains(word), "{word}");
        admin.run(take_back).await;
        assert_eq!(count_notes(&db, b).await, 0);
    }
    // A program without the key is refused, and cannot take the seal off by migrating.
    let plain = sealed.database.options().connect(sealed.database.url()).await.expect("it answers");
    assert!(says(&plain, a).await.contains("altered"));
    let plain = sealed.database.options().connect(&sealed.owner_url).await.expect("it answers");
    let error = plain.migrate(&[NOTES]).await.expect_err("sealed");
    assert!(error.message().contains(".sealed(key)"), "{}", error.message());
    // An altered function is no guard.
    let body = "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid LANGUAGE sql STABLE
                SECURITY DEFINER AS $$ SELECT nullif(current_setting('tenancy.tenant_id', true), '')::uuid $$";
    admin.run(body).await;
    let db = sealed.service(key(1)).await;
    assert!(says(&db, a).await.contains("missing or altered"));
    owner.migrate(&[NOTES]).await.expect("mended");
    assert_eq!(count_notes(&db, a).await, 0);
    for db in [plain, owner, db] {
        db.close().await;
    }
    sealed.end().await;
}
