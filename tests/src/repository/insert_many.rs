//! Many rows in one call, all or none.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tenancy_core::{ErrorKind, Filter, Page};

use super::ledger::{Ledger, on_every_ledger};
use crate::harness::{Invoice, Note, Status};

on_every_ledger!(
    inserts_ten_thousand,
    keeps_every_kind_of_value,
    inserts_all_or_none,
    refuses_one_of_another_tenant,
    commits_no_part_after_a_cancel,
);

async fn inserts_ten_thousand(ledger: &Ledger) {
    let all = |tenant| (1..=10_000).map(move |id| Invoice::new(tenant, id));
    let inserted = ledger.write(ledger.a, async |mut repo| repo.insert_many(all(ledger.a)).await);
    let inserted = inserted.await.expect("inserted");
    assert_eq!(inserted.len(), 10_000);
    assert_eq!(ledger.get(ledger.a, 10_000).await.as_ref(), inserted.last());
    let count =
        async |tenant| ledger.db.read(tenant).repo::<Invoice>().count().await.expect("a count");
    assert_eq!((count(ledger.a).await, count(ledger.b).await), (10_000, 0));
    let nothing = Vec::<Invoice>::new();
    let none = ledger.write(ledger.b, async |mut repo| repo.insert_many(nothing).await).await;
    assert_eq!(none.expect("nothing to do"), []);
}

async fn keeps_every_kind_of_value(ledger: &Ledger) {
    let (a, b) = (ledger.a, ledger.b);
    for tenant in [a, b] {
        let mut tx = ledger.db.tenant(tenant);
        let empty = Note { score: None, body: None, author: None, ..Note::new(tenant, 2) };
        let notes = vec![Note::new(tenant, 1), empty, Note::new(tenant, 3)];
        tx.repo::<Note>().insert_many(notes.clone()).await.expect("inserted");
        assert_eq!(tx.repo::<Note>().list(Page::oldest(9)).await.expect("a list").items, notes);
        tx.commit().await.expect("committed");
    }
    let invoices: Vec<_> = (1..=300)
        .map(|id| Invoice {
            rate: (id % 3 == 0).then_some(0.25),
            note: (id % 2 == 0).then(|| "'; DROP TABLE invoices; --".to_owned()),
            status: Status::PastDue,
            ..Invoice::new(a, id)
        })
        .collect();
    let stored = ledger.write(a, async |mut repo| repo.insert_many(invoices).await).await;
    for invoice in stored.expect("inserted") {
        assert_eq!(ledger.get(a, invoice.id).await, Some(invoice));
    }
}

async fn inserts_all_or_none(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 700)]).await;
    let rows = (1..=1_000).map(|id| Invoice::new(ledger.a, id));
    let error = ledger.write(ledger.a, async |mut repo| repo.insert_many(rows).await).await;
    assert_eq!(error.expect_err("one is there").kind(), ErrorKind::Conflict);
    for tenant in [ledger.a, ledger.b] {
        let count = ledger.db.read(tenant).repo::<Invoice>().count().await;
        assert_eq!(count.expect("a count"), 1);
    }
}

async fn refuses_one_of_another_tenant(ledger: &Ledger) {
    let mut tx = ledger.db.tenant(ledger.a);
    let owner = |id| if id == 77 { ledger.b } else { ledger.a };
    let rows = (1..=100).map(|id| Invoice::new(owner(id), id));
    let error = tx.repo::<Invoice>().insert_many(rows).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::ForeignTenant);
    tx.commit().await.expect("nothing was sent");
    for tenant in [ledger.a, ledger.b] {
        let any = ledger.db.read(tenant).repo::<Invoice>().exists(Filter::all()).await;
        assert!(!any.expect("an answer"));
    }
}

/// On SQLite the rows go in many statements: whoever drops the call between two of them cannot
/// commit those that are in.
async fn commits_no_part_after_a_cancel(ledger: &Ledger) {
    for polls in 0..40 {
        let mut tx = ledger.db.tenant(ledger.a);
        let mut repo = tx.repo::<Invoice>();
        let rows: Vec<_> = (1..=2_000).map(|id| Invoice::new(ledger.a, id)).collect();
        let mut insert = Box::pin(repo.insert_many(rows));
        let mut left = polls;
        let done = poll_fn(|context| match insert.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => {
                left -= 1;
                Poll::Pending
            }
        });
        let is_done = pin!(done).await.is_some();
        drop(insert);
        if is_done {
            break;
        }
        let next = tx.repo::<Invoice>().count().await;
        assert_eq!(next.expect_err("no more statements").kind(), ErrorKind::Conflict);
        tx.commit().await.expect_err("no commit");
        let count = ledger.db.read(ledger.a).repo::<Invoice>().count().await;
        assert_eq!(count.expect("a count"), 0, "after {polls} polls");
    }
    let count = ledger.db.read(ledger.b).repo::<Invoice>().count().await;
    assert_eq!(count.expect("a count"), 0);
}
