//! Aggregates and joins: of a tenant's own rows, on both sides.

#![expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "the numbers are small")]

use tenancy_core::entity::Aggregate;
use tenancy_core::{ErrorKind, Filter, List};

use super::ledger::{Ledger, on_every_ledger};
use crate::harness::{Customer, Invoice, Note, Status};

on_every_ledger!(
    computes_over_its_own,
    computes_nothing_of_nothing,
    groups_by_columns,
    refuses_a_sum_that_does_not_fit,
    refuses_what_has_no_order,
    joins_within_the_tenant,
    joins_rows_that_refer_to_none,
    pages_through_a_join,
);

async fn some(ledger: &Ledger) {
    ledger
        .for_both(|tenant| {
            let factor = if tenant == ledger.a { 1 } else { 1_000 };
            (1..=5)
                .map(|id| Invoice {
                    total: id * factor,
                    rate: (id > 3).then_some(id as f64 / 2.0),
                    status: [Status::Open, Status::Paid][(id % 2) as usize],
                    customer_id: (id < 5).then_some(id % 3),
                    ..Invoice::new(tenant, id)
                })
                .collect()
        })
        .await;
    for tenant in [ledger.a, ledger.b] {
        let mut tx = ledger.db.tenant(tenant);
        let names = [(1, "Ada"), (2, "Eve")].into_iter();
        let customers = names.map(|(id, name)| Customer {
            id,
            tenant_id: tenant,
            name: format!("{name} of {tenant}"),
        });
        tx.repo::<Customer>().insert_many(customers).await.expect("inserted");
        tx.commit().await.expect("committed");
    }
}

async fn computes_over_its_own(ledger: &Ledger) {
    some(ledger).await;
    for (tenant, factor) in [(ledger.a, 1), (ledger.b, 1_000)] {
        let mut tx = ledger.db.read(tenant);
        let mut repo = tx.repo::<Invoice>();
        let what = (Aggregate::count(), Invoice::TOTAL.sum(), Invoice::TOTAL.avg());
        let (count, sum, avg) = repo.aggregate(what, Filter::all()).await.expect("computed");
        assert_eq!((count, sum, avg), (5, Some(15 * factor), Some(3.0 * factor as f64)));
        let what = (Invoice::TOTAL.min(), Invoice::NUMBER.max(), Invoice::RATE.sum());
        let some = Invoice::TOTAL.gt(factor);
        let computed = repo.aggregate(what, some).await.expect("computed");
        assert_eq!(computed, (Some(2 * factor), Some("R-5".to_owned()), Some(4.5)));
        // A third is no number of four digits.
        let thirds = Invoice::ID.is_in([1, 2, 4]);
        let third = repo.aggregate(Invoice::TOTAL.avg(), thirds).await.expect("computed");
        assert!((third.expect("some") / factor as f64 - 7.0 / 3.0).abs() < 1e-12, "{third:?}");
    }
}

async fn computes_nothing_of_nothing(ledger: &Ledger) {
    some(ledger).await;
    let mut tx = ledger.db.read(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let what = (Aggregate::count(), Invoice::TOTAL.sum(), Invoice::RATE.avg(), Invoice::DUE.max());
    let none = repo.aggregate(what, Invoice::ID.gt(5)).await.expect("computed");
    assert_eq!(none, (0, None, None, None));
    let groups = repo.group_by(Invoice::STATUS, what, Invoice::ID.gt(5)).await.expect("computed");
    assert_eq!(groups, []);
    let low = repo.aggregate(Invoice::RATE.min(), Filter::all()).await.expect("computed");
    assert_eq!(low.flatten(), Some(2.0), "what holds nothing is not the lowest");
    drop(tx);
    let count = ledger.db.read(ledger.b).repo::<Invoice>().count().await;
    assert_eq!(count.expect("a count"), 5);
}

async fn groups_by_columns(ledger: &Ledger) {
    some(ledger).await;
    let mut tx = ledger.db.tenant(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let what = (Aggregate::count(), Invoice::TOTAL.sum());
    let groups = repo.group_by(Invoice::STATUS, what, Filter::all()).await.expect("computed");
    assert_eq!(groups, [(Status::Open, (2, Some(6))), (Status::Paid, (3, Some(9)))]);
    let by_two = (Invoice::STATUS, Invoice::VERSION);
    let few = Invoice::TOTAL.le(2);
    let groups = repo.group_by(by_two, Invoice::TOTAL.max(), few).await.expect("computed");
    assert_eq!(groups, [((Status::Open, 1), Some(2)), ((Status::Paid, 1), Some(1))]);
    assert!(repo.delete(&4).await.expect("deleted"));
    let groups = repo.group_by(Invoice::STATUS, what, Filter::all()).await.expect("computed");
    assert_eq!(groups[0], (Status::Open, (1, Some(2))));
    let mut repo = tx.repo::<Invoice>().with_deleted();
    let groups = repo.group_by(Invoice::STATUS, what, Filter::all()).await.expect("computed");
    assert_eq!(groups[0], (Status::Open, (2, Some(6))));
    drop(tx);
    let mut tx = ledger.db.read(ledger.b);
    let groups = tx.repo::<Invoice>().group_by(Invoice::STATUS, what, Filter::all()).await;
    assert_eq!(groups.expect("computed")[0], (Status::Open, (2, Some(6_000))));
}

async fn refuses_a_sum_that_does_not_fit(ledger: &Ledger) {
    ledger
        .for_both(|tenant| {
            let most = |id| Invoice { total: i64::MAX, ..Invoice::new(tenant, id) };
            vec![most(1), most(2)]
        })
        .await;
    for tenant in [ledger.a, ledger.b] {
        let mut tx = ledger.db.read(tenant);
        let error = tx.repo::<Invoice>().aggregate(Invoice::TOTAL.sum(), Filter::all()).await;
        let kind = error.expect_err("it does not fit").kind();
        assert!(matches!(kind, ErrorKind::Invalid | ErrorKind::Internal), "{kind:?}");
    }
}

async fn refuses_what_has_no_order(ledger: &Ledger) {
    for tenant in [ledger.a, ledger.b] {
        let mut tx = ledger.db.read(tenant);
        let mut repo = tx.repo::<Note>();
        let error = repo.aggregate(Note::AUTHOR.max(), Filter::all()).await.expect_err("refused");
        assert_eq!((error.kind(), error.subject()), (ErrorKind::Misconfigured, Some("author")));
        let error = repo.aggregate(Note::IS_PINNED.min(), Filter::all()).await;
        assert_eq!(error.expect_err("refused").subject(), Some("is_pinned"));
        assert_eq!(repo.count().await.expect("the transaction goes on"), 0);
    }
}

async fn joins_within_the_tenant(ledger: &Ledger) {
    some(ledger).await;
    // A customer of the other tenant alone: its key is no customer of this one.
    let mut tx = ledger.db.tenant(ledger.b);
    let only_b = Customer { id: 0, tenant_id: ledger.b, name: "Bob".to_owned() };
    tx.repo::<Customer>().insert(only_b).await.expect("inserted");
    tx.commit().await.expect("committed");

    let join = || Invoice::CUSTOMER_ID.joins::<Customer>();
    for (tenant, ids) in [(ledger.a, vec![1, 2, 4]), (ledger.b, vec![1, 2, 3, 4])] {
        let mut tx = ledger.db.read(tenant);
        let mut repo = tx.repo::<Invoice>();
        let pairs = repo.list_joined(join(), List::oldest(9)).await.expect("pairs").items;
        assert!(pairs.iter().all(|(row, other)| {
            (row.tenant_id, other.tenant_id) == (tenant, tenant)
                && row.customer_id == Some(other.id)
        }));
        assert_eq!(pairs.iter().map(|(row, _)| row.id).collect::<Vec<_>>(), ids);
        let ada = join().filter(Customer::NAME.starts_with("Ada").or(Customer::ID.gt(90)));
        let large = List::newest(9).filter(Invoice::TOTAL.gt(1).or(Invoice::ID.gt(0)));
        let pairs = repo.list_joined(ada, large).await.expect("pairs").items;
        assert_eq!(pairs.iter().map(|(row, _)| row.id).collect::<Vec<_>>(), [4, 1]);
    }
}

async fn joins_rows_that_refer_to_none(ledger: &Ledger) {
    some(ledger).await;
    let mut tx = ledger.db.read(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let eve = Invoice::CUSTOMER_ID.joins::<Customer>().filter(Customer::NAME.starts_with("Eve"));
    let pairs = repo.list_left_joined(eve, List::oldest(9)).await.expect("pairs").items;
    let names: Vec<_> = pairs.iter().map(|(row, other)| (row.id, other.is_some())).collect();
    assert_eq!(names, [(1, false), (2, true), (3, false), (4, false), (5, false)]);
    let itself = Invoice::CUSTOMER_ID.joins::<Invoice>();
    let pairs = repo.list_joined(itself, List::oldest(9)).await.expect("pairs").items;
    let keys: Vec<_> = pairs.iter().map(|(row, other)| (row.id, other.id)).collect();
    assert_eq!(keys, [(1, 1), (2, 2), (4, 1)]);
    drop(tx);
    let count = ledger.db.read(ledger.b).repo::<Invoice>().count().await;
    assert_eq!(count.expect("a count"), 5);
}

async fn pages_through_a_join(ledger: &Ledger) {
    some(ledger).await;
    let mut tx = ledger.db.read(ledger.b);
    let mut repo = tx.repo::<Invoice>();
    let join = || Invoice::CUSTOMER_ID.joins::<Customer>();
    let list = || List::newest(1).order_by(Invoice::STATUS.asc());
    let (mut ids, mut part) = (Vec::new(), list());
    loop {
        let slice = repo.list_joined(join(), part).await.expect("a part");
        ids.extend(slice.items.iter().map(|(row, _)| row.id));
        match slice.next {
            Some(next) => part = list().after(next),
            None => break,
        }
    }
    assert_eq!(ids, [4, 2, 1]);
    let next = repo.list_joined(join(), list()).await.expect("a part").next.expect("more");
    let other = join().filter(Customer::ID.gt(0));
    let error = repo.list_joined(other, list().after(next.clone())).await.expect_err("refused");
    assert_eq!(error.subject(), Some("cursor"));
    let error = repo.list_left_joined(join(), list().after(next)).await.expect_err("refused");
    assert_eq!(error.subject(), Some("cursor"));
}
