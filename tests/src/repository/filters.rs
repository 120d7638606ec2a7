//! Filters mean the same on every engine, and never reach another tenant's rows.

use tenancy_core::Filter;
use tenancy_core::entity::Field;
use time::{Duration, OffsetDateTime};

use super::ledger::{Ledger, on_every_ledger};
use crate::harness::{Invoice, Status};

on_every_ledger!(
    compares_as_rust_does,
    negates_what_holds_nothing,
    combines_as_written,
    takes_texts_literally,
    finds_one_and_only_its_own,
    widens_to_no_other_tenant,
    reads_many_by_key_in_their_order,
);

/// Four rows: what is compared below, and one that holds nothing there.
async fn four(ledger: &Ledger) {
    ledger
        .for_both(|tenant| {
            let start = OffsetDateTime::UNIX_EPOCH;
            let with = |id, rate, note: &str, days| Invoice {
                rate: Some(rate),
                note: Some(note.to_owned()),
                due: Some(start + Duration::days(days)),
                ..Invoice::new(tenant, id)
            };
            vec![
                with(1, 0.5, "alpha", 1),
                Invoice { status: Status::Paid, ..with(2, 1.5, "beta", 2) },
                Invoice { status: Status::PastDue, ..with(3, 2.5, "50% off_", 3) },
                Invoice::new(tenant, 4),
            ]
        })
        .await;
}

/// The keys that match, which are the count and the answer to `exists` too.
async fn matching(ledger: &Ledger, filter: Filter<Invoice>) -> Vec<i64> {
    let mut tx = ledger.db.read(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let mut ids = Vec::new();
    for id in 1..=4 {
        let this = Invoice::ID.eq(id).and(filter.clone());
        let found = repo.find(this.clone()).await.expect("an answer");
        assert_eq!(repo.exists(this.clone()).await.expect("an answer"), found.is_some());
        assert_eq!(repo.count_where(this).await.expect("a count"), u64::from(found.is_some()));
        if let Some(found) = found {
            assert_eq!((found.id, found.tenant_id), (id, ledger.a));
            ids.push(id);
        }
    }
    assert_eq!(repo.count_where(filter.clone()).await.expect("a count"), ids.len() as u64);
    let one = repo.find(filter).await.expect("an answer");
    assert_eq!(one.is_some(), !ids.is_empty());
    assert!(one.is_none_or(|one| ids.contains(&one.id) && one.tenant_id == ledger.a));
    ids
}

async fn compares_as_rust_does(ledger: &Ledger) {
    four(ledger).await;
    let day = |days| OffsetDateTime::UNIX_EPOCH + Duration::days(days);
    for (filter, ids) in [
        (Invoice::TOTAL.eq(200), vec![2]),
        (Invoice::TOTAL.ne(200), vec![1, 3, 4]),
        (Invoice::TOTAL.lt(200), vec![1]),
        (Invoice::TOTAL.le(200), vec![1, 2]),
        (Invoice::TOTAL.gt(200), vec![3, 4]),
        (Invoice::TOTAL.ge(200), vec![2, 3, 4]),
        (Invoice::RATE.ge(1.5), vec![2, 3]),
        (Invoice::DUE.lt(day(2)), vec![1]),
        (Invoice::STATUS.eq(Status::PastDue), vec![3]),
        (Invoice::STATUS.is_in([Status::Open, Status::Paid]), vec![1, 2, 4]),
        (Invoice::NUMBER.eq("R-1"), vec![1]),
        (Invoice::NOTE.eq("beta".to_owned()), vec![2]),
        (Invoice::ID.is_in([4, 2, 9, 2]), vec![2, 4]),
        (Invoice::ID.is_in([1, 2, 3]), vec![1, 2, 3]),
        (Invoice::ID.is_in(Vec::<i64>::new()), vec![]),
        (Filter::all(), vec![1, 2, 3, 4]),
    ] {
        let asked = format!("{filter:?}");
        assert_eq!(matching(ledger, filter).await, ids, "{asked}");
    }
}

async fn negates_what_holds_nothing(ledger: &Ledger) {
    four(ledger).await;
    for (filter, ids) in [
        (Invoice::NOTE.is_none(), vec![4]),
        (Invoice::NOTE.is_some(), vec![1, 2, 3]),
        (Invoice::NOTE.eq(None), vec![4]),
        (Invoice::NOTE.ne(None), vec![1, 2, 3]),
        (Invoice::NOTE.ne("beta".to_owned()), vec![1, 3, 4]),
        (!Invoice::NOTE.eq("beta".to_owned()), vec![1, 3, 4]),
        (!!Invoice::NOTE.eq("beta".to_owned()), vec![2]),
        (Invoice::RATE.lt(2.0), vec![1, 2]),
        (!Invoice::RATE.lt(2.0), vec![3, 4]),
        (Invoice::RATE.lt(None), vec![]),
        (!Invoice::RATE.gt(None), vec![1, 2, 3, 4]),
        (Invoice::RATE.is_in([Some(0.5), None]), vec![1, 4]),
        (!Invoice::RATE.is_in([Some(0.5), None]), vec![2, 3]),
        (Invoice::RATE.is_in([None]), vec![4]),
        (!Invoice::NOTE.contains("a"), vec![3, 4]),
        (!Filter::all(), vec![]),
    ] {
        let asked = format!("{filter:?}");
        assert_eq!(matching(ledger, filter).await, ids, "{asked}");
    }
}

async fn combines_as_written(ledger: &Ledger) {
    four(ledger).await;
    let (one, two, small) = (Invoice::ID.eq(1), Invoice::ID.eq(2), Invoice::TOTAL.lt(150));
    for (filter, ids) in [
        (one.clone().or(two.clone()).and(small.clone()), vec![1]),
        (one.clone().or(two.clone().and(small.clone())), vec![1]),
        (small.clone().and(one.clone().or(two.clone())), vec![1]),
        (one.clone().or(two.clone()).or(Invoice::ID.eq(4)), vec![1, 2, 4]),
        (!(one.clone().or(two.clone())), vec![3, 4]),
        ((!one.clone().and(small.clone())).and(!two.clone()), vec![3, 4]),
        (one.and(two), vec![]),
    ] {
        let asked = format!("{filter:?}");
        assert_eq!(matching(ledger, filter).await, ids, "{asked}");
    }
}

async fn takes_texts_literally(ledger: &Ledger) {
    four(ledger).await;
    for (filter, ids) in [
        (Invoice::NOTE.starts_with("50%"), vec![3]),
        (Invoice::NOTE.starts_with("5%"), vec![]),
        (Invoice::NOTE.contains("_"), vec![3]),
        (Invoice::NOTE.contains("%"), vec![3]),
        (Invoice::NOTE.contains("eta"), vec![2]),
        (Invoice::NOTE.starts_with("BETA"), vec![]),
        (Invoice::NOTE.contains("ETA"), vec![]),
        (Invoice::NOTE.starts_with(""), vec![1, 2, 3]),
        (Invoice::NUMBER.starts_with("R-"), vec![1, 2, 3, 4]),
        (Invoice::NUMBER.eq("' OR 1 = 1 --"), vec![]),
        (Invoice::NUMBER.starts_with("') OR ('' = '"), vec![]),
    ] {
        let asked = format!("{filter:?}");
        assert_eq!(matching(ledger, filter).await, ids, "{asked}");
    }
}

async fn finds_one_and_only_its_own(ledger: &Ledger) {
    four(ledger).await;
    let changed = [Invoice::NUMBER.set("only b")];
    let patched = ledger.write(ledger.b, async |mut repo| repo.patch(&1, changed).await).await;
    patched.expect("patched");
    let of = async |tenant| {
        let mut tx = ledger.db.read(tenant);
        let mut repo = tx.repo::<Invoice>();
        let only = || Invoice::NUMBER.eq("only b");
        assert_eq!(
            repo.exists(only()).await.expect("an answer"),
            repo.count_where(only()).await.expect("a count") == 1
        );
        repo.find(only()).await.expect("an answer").map(|found| found.tenant_id)
    };
    assert_eq!((of(ledger.a).await, of(ledger.b).await), (None, Some(ledger.b)));
}

/// Every condition stands in brackets after the tenant's: an `OR` does not reach around it, and
/// neither does a field that somebody made for the tenant's own column.
async fn widens_to_no_other_tenant(ledger: &Ledger) {
    const TENANT: Field<Invoice, tenancy_core::TenantId> = Field::new(1);
    four(ledger).await;
    let mut tx = ledger.db.read(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let everything = || Invoice::ID.gt(0).or(Invoice::ID.le(0));
    for filter in [
        everything(),
        everything().or(TENANT.eq(ledger.b)),
        TENANT.is_in([ledger.a, ledger.b]),
        !TENANT.eq(ledger.b),
        !!everything(),
    ] {
        assert_eq!(repo.count_where(filter).await.expect("a count"), 4);
    }
    for filter in [TENANT.eq(ledger.b), !TENANT.eq(ledger.a)] {
        assert_eq!(repo.find(filter.clone()).await.expect("an answer"), None);
        assert!(!repo.exists(filter).await.expect("an answer"));
    }
}

async fn reads_many_by_key_in_their_order(ledger: &Ledger) {
    let all = |tenant| (1..=1_200).map(|id| Invoice::new(tenant, id)).collect();
    ledger.for_both(all).await;
    let mut tx = ledger.db.read(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let found = repo.get_many(&[7, 3, 9_999, 7, -1, 5]).await.expect("rows");
    assert!(found.iter().all(|invoice| invoice.tenant_id == ledger.a));
    assert_eq!(found.iter().map(|invoice| invoice.id).collect::<Vec<_>>(), [7, 3, 5]);
    assert_eq!(repo.get_many(&[]).await.expect("rows"), []);
    let many: Vec<i64> = (-70_000..=1_200).rev().collect();
    let found = repo.get_many(&many).await.expect("rows");
    let expected: Vec<i64> = (1..=1_200).rev().collect();
    assert_eq!(found.iter().map(|invoice| invoice.id).collect::<Vec<_>>(), expected);
}
