//! Upserts: by the key, by a declared rule, and never of another tenant's row.

use tenancy_core::{ErrorKind, List};

use super::ledger::{Ledger, on_every_ledger};
use crate::harness::{Customer, Engine, Invoice, Status};

on_every_ledger!(
    inserts_then_updates,
    decides_by_a_declared_rule,
    breaks_no_other_rule,
    brings_no_deleted_row_back,
    takes_over_no_row_of_another_tenant,
    upserts_a_row_of_nothing_but_its_key,
);

async fn inserts_then_updates(ledger: &Ledger) {
    for tenant in [ledger.a, ledger.b] {
        let new = Invoice { version: 7, ..Invoice::new(tenant, 1) };
        let stored = ledger.write(tenant, async |mut repo| repo.upsert(new).await).await;
        assert_eq!(ledger.get(tenant, 1).await, Some(stored.expect("inserted")));
    }
    ledger.clock.advance(std::time::Duration::from_secs(9));
    let before = ledger.get(ledger.a, 1).await.expect("there");
    let again = Invoice { status: Status::Paid, version: 0, ..Invoice::new(ledger.a, 1) };
    let stored = ledger.write(ledger.a, async |mut repo| repo.upsert(again).await).await;
    let stored = stored.expect("updated");
    assert_eq!((stored.status, stored.version), (Status::Paid, 8));
    assert_eq!(stored.created_at, before.created_at);
    assert!(stored.updated_at > before.updated_at);
    assert_eq!(ledger.get(ledger.a, 1).await, Some(stored));
    assert_eq!(ledger.get(ledger.b, 1).await, Some(Invoice { tenant_id: ledger.b, ..before }));
}

async fn decides_by_a_declared_rule(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let same_number = Invoice { id: 2, total: 7, ..Invoice::new(ledger.a, 1) };
    let on_number = async |invoice: Invoice| {
        let tenant = invoice.tenant_id;
        let upsert = async |mut repo: tenancy_sqlx::Repository<'_, Invoice>| {
            repo.upsert_on(Invoice::UNIQUE_NUMBER, invoice.clone()).await
        };
        ledger.write(tenant, upsert).await
    };
    let stored = on_number(same_number).await.expect("updated");
    assert_eq!((stored.id, stored.total), (1, 7), "it keeps its key");
    let stored = on_number(Invoice::new(ledger.a, 3)).await.expect("inserted");
    assert_eq!(stored.id, 3);
    assert_eq!(ledger.get(ledger.b, 1).await.expect("there").total, 100);
    assert_eq!(ledger.get(ledger.b, 3).await, None);
}

async fn breaks_no_other_rule(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1), Invoice::new(tenant, 2)]).await;
    let number_of_two = Invoice { number: "R-2".to_owned(), ..Invoice::new(ledger.a, 1) };
    let error = ledger.write(ledger.a, async |mut repo| repo.upsert(number_of_two).await).await;
    assert_eq!(error.expect_err("taken").kind(), ErrorKind::Conflict);
    let number_of_two = Invoice { number: "R-2".to_owned(), ..Invoice::new(ledger.a, 3) };
    let error = ledger.write(ledger.a, async |mut repo| repo.upsert(number_of_two).await).await;
    assert_eq!(error.expect_err("taken").kind(), ErrorKind::Conflict);
    for tenant in [ledger.a, ledger.b] {
        assert_eq!(ledger.get(tenant, 1).await.expect("there").number, "R-1");
        assert_eq!(ledger.get(tenant, 3).await, None);
    }
}

async fn brings_no_deleted_row_back(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let deleted = ledger.write(ledger.a, async |mut repo| repo.delete(&1).await).await;
    assert!(deleted.expect("deleted"));
    let mut tx = ledger.db.tenant(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let error = repo.upsert(Invoice::new(ledger.a, 1)).await.expect_err("deleted");
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Conflict, Some("deleted")));
    assert!(repo.restore(&1).await.expect("the transaction goes on"));
    repo.upsert(Invoice::new(ledger.a, 1)).await.expect("updated");
    tx.commit().await.expect("committed");
    let updated = Invoice { total: 5, ..Invoice::new(ledger.b, 1) };
    let stored = ledger.write(ledger.b, async |mut repo| repo.upsert(updated).await).await;
    assert_eq!(stored.expect("updated").version, 2);
}

async fn takes_over_no_row_of_another_tenant(ledger: &Ledger) {
    let theirs = vec![Invoice::new(ledger.a, 1)];
    let theirs = ledger.write(ledger.a, async |mut repo| repo.insert_many(theirs).await).await;
    let theirs = theirs.expect("inserted").pop();
    let mut tx = ledger.db.tenant(ledger.b);
    let mut repo = tx.repo::<Invoice>();
    for stolen in [Invoice::new(ledger.a, 1), Invoice::new(ledger.a, 2)] {
        let error = repo.upsert(stolen.clone()).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::ForeignTenant);
        let error = repo.upsert_on(Invoice::UNIQUE_NUMBER, stolen).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::ForeignTenant);
    }
    // The same key and the same number are free in this tenant: a row of its own.
    let own = Invoice { total: 1, ..Invoice::new(ledger.b, 1) };
    repo.upsert(own.clone()).await.expect("inserted");
    repo.upsert_on(Invoice::UNIQUE_NUMBER, own).await.expect("updated");
    tx.commit().await.expect("committed");
    assert_eq!(ledger.get(ledger.a, 1).await, theirs);
    assert_eq!(ledger.get(ledger.b, 1).await.expect("there").version, 2);
}

async fn upserts_a_row_of_nothing_but_its_key(ledger: &Ledger) {
    for tenant in [ledger.a, ledger.b] {
        let mut tx = ledger.db.tenant(tenant);
        let mut repo = tx.repo::<Customer>();
        for name in ["Ada", "Eve"] {
            let customer = Customer { id: 1, tenant_id: tenant, name: name.to_owned() };
            assert_eq!(repo.upsert(customer).await.expect("upserted").name, name);
        }
        assert_eq!(repo.count().await.expect("a count"), 1);
        tx.commit().await.expect("committed");
    }
}

/// A unique index that somebody made without the tenant: the row that stands in the way is
/// another tenant's. It is a conflict on every database, and the row stays as it is; the upsert of
/// MySQL by itself would have updated it.
async fn meets_an_index_without_the_tenant(engine: Engine) {
    let ledger = Ledger::open(engine).await;
    let theirs = vec![Invoice::new(ledger.a, 1)];
    let theirs = ledger.write(ledger.a, async |mut repo| repo.insert_many(theirs).await).await;
    let theirs = theirs.expect("inserted").pop();
    ledger.run_behind_its_back("CREATE UNIQUE INDEX everywhere ON invoices (number)").await;
    let stolen = || Invoice { number: "R-1".to_owned(), ..Invoice::new(ledger.b, 5) };
    let by_key = ledger.write(ledger.b, async |mut repo| repo.upsert(stolen()).await).await;
    let by_number = ledger
        .write(ledger.b, async |mut repo| repo.upsert_on(Invoice::UNIQUE_NUMBER, stolen()).await)
        .await;
    let in_bulk = ledger.write(ledger.b, async |mut repo| repo.insert_many([stolen()]).await).await;
    for error in [by_key.map(drop), by_number.map(drop), in_bulk.map(drop)] {
        let error = error.expect_err("it is taken");
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(!format!("{error:?}").contains(&ledger.a.to_string()), "no other tenant's id");
    }
    assert_eq!(ledger.get(ledger.a, 1).await, theirs);
    let mut tx = ledger.db.read(ledger.b);
    let rows = tx.repo::<Invoice>().with_deleted().list(List::newest(9)).await;
    assert_eq!(rows.expect("a list").items, []);
}

#[tokio::test]
async fn meets_an_index_without_the_tenant_on_sqlite() {
    meets_an_index_without_the_tenant(Engine::Sqlite).await;
}

#[tokio::test]
async fn meets_an_index_without_the_tenant_on_mysql() {
    meets_an_index_without_the_tenant(Engine::MySql).await;
}

#[tokio::test]
async fn meets_an_index_without_the_tenant_on_postgres() {
    meets_an_index_without_the_tenant(Engine::Postgres).await;
}
