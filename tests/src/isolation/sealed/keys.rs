use tenancy_core::ErrorKind;
use tenancy_sqlx::SealKey;
use time::OffsetDateTime;

use super::world::{Sealed, key, two_notes};
use crate::harness::{Engine, NOTES, Note, count_notes};

#[tokio::test]
async fn keys_rotate_and_an_expired_one_opens_nothing() {
    let sealed = Sealed::create(Engine::Postgres).await;
    let old = sealed.service(key(1)).await;
    let (a, b) = two_notes(&old).await;
    // A service that starts with the new key before the database has it says so.
    let early = sealed.service(key(2)).await;
    let error = early.read(a).repo::<Note>().count().await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.message().contains("version 2"), "{}", error.message());

    let owner = sealed.owner(key(2)).await;
    owner.migrate(&[NOTES]).await.expect("added");
    let new = sealed.service(key(2)).await;
    for db in [&old, &new] {
        assert_eq!((count_notes(db, a).await, count_notes(db, b).await), (1, 1));
    }
    let now = OffsetDateTime::from_unix_timestamp(1_000_000_000).expect("long ago");
    owner.expire_seal_key(1, now).await.expect("expired");
    assert_eq!((count_notes(&old, a).await, count_notes(&old, b).await), (0, 0));
    let refused = old.tenant(a).repo::<Note>().insert(Note::new(a, 9)).await;
    assert_eq!(refused.expect_err("refused").kind(), ErrorKind::ForeignTenant);
    assert_eq!((count_notes(&new, a).await, count_notes(&new, b).await), (1, 1));
    let error = sealed.service(key(1)).await.verify().await.expect_err("expired");
    assert!(error.message().contains("expired"), "{}", error.message());

    // A version is never another key, and one that never was does not end.
    let other = SealKey::new(2, &[9; 32]).expect("a key");
    let error = sealed.owner(other.clone()).await.migrate(&[NOTES]).await.expect_err("another");
    assert!(error.message().contains("new version"), "{}", error.message());
    let error = sealed.service(other).await.read(a).repo::<Note>().count().await;
    assert_eq!(error.expect_err("not the key").kind(), ErrorKind::Misconfigured);
    let error = owner.expire_seal_key(7, now).await.expect_err("absent");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for db in [old, early, owner, new] {
        db.close().await;
    }
    sealed.end().await;
}
