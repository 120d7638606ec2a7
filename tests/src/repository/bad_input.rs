//! What no database takes is refused before anything is sent: the transaction goes on.

use tenancy_core::{Error, ErrorKind, Filter};

use super::ledger::{Ledger, on_every_ledger};
use crate::harness::{Invoice, Note};

on_every_ledger!(refuses_nul_in_every_verb, takes_more_values_than_a_statement);

fn assert_nul<T>(result: Result<T, Error>) {
    let Err(error) = result else { panic!("it must be refused") };
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("NUL"), "{}", error.message());
}

async fn refuses_nul_in_every_verb(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let with_nul = |id| Invoice { number: "a\0b".to_owned(), ..Invoice::new(ledger.a, id) };
    let mut tx = ledger.db.tenant(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    assert_nul(repo.insert(with_nul(2)).await);
    assert_nul(repo.insert_many([Invoice::new(ledger.a, 2), with_nul(3)]).await);
    assert_nul(repo.update(with_nul(1)).await);
    assert_nul(repo.patch(&1, [Invoice::NUMBER.set("a\0")]).await);
    for filter in [
        Invoice::NUMBER.eq("a\0"),
        Invoice::NUMBER.is_in(["a", "\0"]),
        !Invoice::NOTE.contains("\0"),
        Invoice::NOTE.starts_with("\0"),
    ] {
        assert_nul(repo.find(filter.clone()).await);
        assert_nul(repo.exists(filter.clone()).await);
        assert_nul(repo.count_where(filter).await);
    }
    repo.insert(Invoice::new(ledger.a, 4)).await.expect("the transaction goes on");
    tx.commit().await.expect("committed");
    let count = ledger.db.read(ledger.a).repo::<Invoice>().count().await;
    assert_eq!(count.expect("a count"), 2);
    let count = ledger.db.read(ledger.b).repo::<Invoice>().count().await;
    assert_eq!(count.expect("a count"), 1);
}

async fn takes_more_values_than_a_statement(ledger: &Ledger) {
    ledger.for_both(|tenant| (1..=9).map(|id| Invoice::new(tenant, id)).collect()).await;
    let mut tx = ledger.db.read(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let each = (0..70_000).map(|id| Invoice::ID.eq(id)).reduce(Filter::or).expect("some");
    let error = repo.count_where(each).await.expect_err("refused");
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("filter")));
    // As one array they travel where there are arrays; elsewhere they are too many too.
    match repo.count_where(Invoice::ID.is_in(5..70_000)).await {
        Ok(count) => assert_eq!(count, 5),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid),
    }
    let count = repo.count_where(Invoice::ID.is_in(5..1_000)).await;
    assert_eq!(count.expect("the transaction goes on"), 5);
    drop(tx);

    // 9 columns a note: 180,000 values.
    let mut tx = ledger.db.tenant(ledger.b);
    let notes = (1..=20_000).map(|id| Note::new(ledger.b, id));
    tx.repo::<Note>().insert_many(notes).await.expect("inserted");
    assert_eq!(tx.repo::<Note>().count().await.expect("a count"), 20_000);
    drop(tx);
    assert_eq!(ledger.db.read(ledger.a).repo::<Note>().count().await.expect("a count"), 0);
}
