//! Changing some columns, and the times that the library keeps.

use std::time::Duration;

use tenancy_core::entity::{Change, Field};
use tenancy_core::{Clock as _, ErrorKind, TenantId};

use super::ledger::{Ledger, on_every_ledger};
use crate::harness::{Customer, Invoice, Status};

on_every_ledger!(
    changes_what_was_named,
    adds_in_the_database,
    holds_the_version,
    never_reaches_another_tenant,
    refuses_what_the_library_keeps,
    keeps_the_times,
    patches_without_a_version,
);

async fn changes_what_was_named(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let before = ledger.get(ledger.a, 1).await.expect("there");
    let changes = [
        Invoice::STATUS.set(Status::Paid),
        Invoice::NOTE.set("paid '; --".to_owned()),
        Invoice::RATE.set(None),
    ];
    let stored = ledger.write(ledger.a, async |mut repo| repo.patch(&1, changes).await).await;
    let stored = stored.expect("patched");
    let expected = Invoice {
        status: Status::Paid,
        note: Some("paid '; --".to_owned()),
        version: 2,
        ..before.clone()
    };
    assert_eq!(stored, expected);
    assert_eq!(ledger.get(ledger.a, 1).await, Some(expected));
    assert_eq!(ledger.get(ledger.b, 1).await, Some(Invoice { tenant_id: ledger.b, ..before }));
    let nothing: [Change<Invoice>; 0] = [];
    let same = ledger.write(ledger.a, async |mut repo| repo.patch(&1, nothing).await).await;
    assert_eq!(same.expect("there").version, 3);
}

async fn adds_in_the_database(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    for (add, total) in [(50, 150), (-200, -50)] {
        let add = [Invoice::TOTAL.add(add)];
        let stored = ledger.write(ledger.a, async |mut repo| repo.patch(&1, add).await).await;
        assert_eq!(stored.expect("patched").total, total);
    }
    assert_eq!(ledger.get(ledger.b, 1).await.expect("there").total, 100);
}

async fn holds_the_version(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let paid = || [Invoice::STATUS.set(Status::Paid)];
    let at = async |id: i64, version: i64| {
        let patch = async |mut repo: tenancy_sqlx::Repository<'_, Invoice>| {
            repo.patch_version(&id, version, paid()).await
        };
        ledger.write(ledger.a, patch).await
    };
    assert_eq!(at(1, 1).await.expect("patched").version, 2);
    let stale = at(1, 1).await.expect_err("stale");
    assert_eq!((stale.kind(), stale.subject()), (ErrorKind::Conflict, Some("version")));
    assert_eq!(at(9, 1).await.expect_err("nothing there").kind(), ErrorKind::NotFound);
    assert_eq!(ledger.get(ledger.b, 1).await.expect("there").version, 1);
}

async fn never_reaches_another_tenant(ledger: &Ledger) {
    let only_a = vec![Invoice::new(ledger.a, 1)];
    let inserted = ledger.write(ledger.a, async |mut repo| repo.insert_many(only_a).await).await;
    let before = inserted.expect("inserted").pop();
    let stolen = [Invoice::NOTE.set("stolen".to_owned())];
    let error = ledger.write(ledger.b, async |mut repo| repo.patch(&1, stolen).await).await;
    // What a random key answers.
    assert_eq!(error.expect_err("not there").kind(), ErrorKind::NotFound);
    assert_eq!(ledger.get(ledger.a, 1).await, before);
    assert_eq!(ledger.get(ledger.b, 1).await, None);
}

/// No constant names the tenant, and those of kept columns cannot be set; fields made by hand get
/// no further.
async fn refuses_what_the_library_keeps(ledger: &Ledger) {
    const KEY: Field<Invoice, i64> = Field::new(0);
    const TENANT: Field<Invoice, TenantId> = Field::new(1);
    const VERSION: Field<Invoice, i64> = Field::new(9);
    const TOTAL_AS_TEXT: Field<Invoice, String> = Field::new(5);
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let mut tx = ledger.db.tenant(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    for (change, column) in [
        (TENANT.set(ledger.b), "tenant_id"),
        (KEY.set(9), "id"),
        (VERSION.add(5), "version"),
        (TOTAL_AS_TEXT.set("all"), "total"),
    ] {
        let error = repo.patch(&1, [change]).await.expect_err("refused");
        assert_eq!(error.subject(), Some(column));
    }
    let twice = [Invoice::TOTAL.set(1), Invoice::TOTAL.set(2)];
    let error = repo.patch(&1, twice).await.expect_err("refused");
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("total")));
    tx.commit().await.expect("nothing was sent");
    for tenant in [ledger.a, ledger.b] {
        assert_eq!(ledger.get(tenant, 1).await.expect("there").version, 1);
    }
}

async fn keeps_the_times(ledger: &Ledger) {
    let start = ledger.clock.now();
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let made =
        ledger.write(ledger.a, async |mut repo| repo.insert(Invoice::new(ledger.a, 2)).await);
    let made = made.await.expect("inserted");
    assert_eq!((made.created_at, made.updated_at), (start, start));
    assert_eq!(ledger.get(ledger.a, 2).await.as_ref(), Some(&made));

    ledger.clock.advance(Duration::from_mins(1));
    // An entity cannot say when it was made or changed, or that it is deleted.
    let lies = Invoice { created_at: ledger.clock.now(), deleted_at: Some(start), ..made };
    let stored = ledger.write(ledger.a, async |mut repo| repo.update(lies).await).await;
    let stored = stored.expect("updated");
    assert_eq!((stored.created_at, stored.updated_at), (start, ledger.clock.now()));
    assert_eq!(stored.deleted_at, None);

    ledger.clock.advance(Duration::from_mins(1));
    let paid = [Invoice::STATUS.set(Status::Paid)];
    let stored = ledger.write(ledger.a, async |mut repo| repo.patch(&2, paid).await).await;
    assert_eq!(stored.expect("patched").updated_at, ledger.clock.now());
    assert_eq!(ledger.get(ledger.b, 1).await.expect("there").updated_at, start);
}

async fn patches_without_a_version(ledger: &Ledger) {
    for tenant in [ledger.a, ledger.b] {
        let mut tx = ledger.db.tenant(tenant);
        let mut repo = tx.repo::<Customer>();
        let customer = Customer { id: 1, tenant_id: tenant, name: "Ada".to_owned() };
        repo.insert(customer).await.expect("inserted");
        let stored = repo.patch(&1, [Customer::NAME.set("Eve")]).await.expect("patched");
        assert_eq!(stored.name, "Eve");
        assert_eq!(repo.patch(&1, []).await.expect("there"), stored);
        let error = repo.patch_version(&1, 1, []).await.expect_err("it has none");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        let error = repo.patch(&2, [Customer::NAME.set("Eve")]).await.expect_err("not there");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        tx.commit().await.expect("committed");
    }
}
