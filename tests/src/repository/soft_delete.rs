//! Rows that are deleted and still there: hidden from every verb, restored, purged.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{
    Actor, ActorKind, Clock as _, ErrorKind, Filter, Page, PlanCatalogue, Tenant, TenantContext,
    TenantId, TenantSlug,
};

use super::ledger::{Ledger, on_every_ledger};
use crate::harness::Invoice;

on_every_ledger!(
    hides_from_every_verb,
    says_when_and_who,
    restores,
    purges_only_what_was_deleted,
    purges_what_is_old,
    touches_no_other_tenant,
);

async fn delete(ledger: &Ledger, tenant: TenantId, id: i64) -> bool {
    let done = ledger.write(tenant, async |mut repo| repo.delete(&id).await).await;
    done.expect("deleted")
}

async fn hides_from_every_verb(ledger: &Ledger) {
    ledger.for_both(|tenant| (1..=3).map(|id| Invoice::new(tenant, id)).collect()).await;
    assert!(delete(ledger, ledger.a, 2).await);
    assert!(!delete(ledger, ledger.a, 2).await, "it is deleted");

    let mut tx = ledger.db.tenant(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let ids = |slice: tenancy_core::Slice<Invoice>| -> Vec<_> {
        slice.items.iter().map(|invoice| invoice.id).collect()
    };
    assert_eq!(repo.get(&2).await.expect("a read"), None);
    assert_eq!(repo.get_many(&[1, 2, 3]).await.expect("rows").len(), 2);
    assert_eq!(repo.find(Invoice::ID.eq(2)).await.expect("an answer"), None);
    assert!(!repo.exists(Invoice::ID.eq(2)).await.expect("an answer"));
    assert_eq!(repo.count().await.expect("a count"), 2);
    assert_eq!(repo.count_where(Filter::all()).await.expect("a count"), 2);
    assert_eq!(ids(repo.list(Page::oldest(9)).await.expect("a list")), [1, 3]);
    let gone = Invoice { version: 2, ..Invoice::new(ledger.a, 2) };
    assert_eq!(repo.update(gone).await.expect_err("hidden").kind(), ErrorKind::NotFound);
    let patch = repo.patch(&2, [Invoice::TOTAL.set(0)]).await;
    assert_eq!(patch.expect_err("hidden").kind(), ErrorKind::NotFound);

    let mut repo = tx.repo::<Invoice>().with_deleted();
    assert_eq!(repo.get(&2).await.expect("a read").expect("there").version, 2);
    assert_eq!(repo.count().await.expect("a count"), 3);
    assert_eq!(ids(repo.list(Page::newest(2)).await.expect("a list")), [3, 2]);
    let patch = repo.patch(&2, [Invoice::TOTAL.set(0)]).await;
    assert_eq!(patch.expect_err("deleted").kind(), ErrorKind::NotFound);
    let mut repo = tx.repo::<Invoice>().only_deleted();
    assert_eq!(ids(repo.list(Page::oldest(9)).await.expect("a list")), [2]);
    assert_eq!(repo.count_where(Invoice::ID.le(2)).await.expect("a count"), 1);
    drop(tx);
    assert_eq!(ledger.db.read(ledger.b).repo::<Invoice>().count().await.expect("a count"), 3);
}

async fn says_when_and_who(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1), Invoice::new(tenant, 2)]).await;
    let plan = PlanCatalogue::example().plan("starter").expect("an example plan");
    let context = |tenant| {
        let slug = TenantSlug::parse("harbor").expect("a slug");
        let tenant = Arc::new(Tenant::new(tenant, slug, plan.clone()));
        TenantContext::for_program(tenant).with_actor(Actor::new(ActorKind::User, "user_7"))
    };
    ledger.clock.advance(Duration::from_secs(5));
    context(ledger.a).scope(delete(ledger, ledger.a, 1)).await;
    // Who acts for another tenant is nobody here.
    context(ledger.b).scope(delete(ledger, ledger.a, 2)).await;
    let mut tx = ledger.db.read(ledger.a);
    let deleted = tx.repo::<Invoice>().only_deleted().list(Page::oldest(9)).await;
    let deleted = deleted.expect("a list").items;
    assert!(deleted.iter().all(|invoice| invoice.deleted_at == Some(ledger.clock.now())));
    assert!(deleted.iter().all(|invoice| invoice.updated_at == ledger.clock.now()));
    let who: Vec<_> = deleted.iter().map(|invoice| invoice.deleted_by.as_deref()).collect();
    assert_eq!(who, [Some("user:user_7"), None]);
}

async fn restores(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let before = ledger.get(ledger.a, 1).await.expect("there");
    let restore = async || {
        ledger.write(ledger.a, async |mut repo| repo.restore(&1).await).await.expect("done")
    };
    assert!(!restore().await, "it is not deleted");
    delete(ledger, ledger.a, 1).await;
    assert!(restore().await);
    let after = ledger.get(ledger.a, 1).await.expect("there again");
    assert_eq!(after, Invoice { version: 3, ..before.clone() });
    // Whoever read it before the delete does not overwrite what happened since.
    let stale = ledger.write(ledger.a, async |mut repo| repo.update(before).await).await;
    assert_eq!(stale.expect_err("stale").subject(), Some("version"));
}

async fn purges_only_what_was_deleted(ledger: &Ledger) {
    ledger.for_both(|tenant| vec![Invoice::new(tenant, 1)]).await;
    let purge =
        async || ledger.write(ledger.a, async |mut repo| repo.purge(&1).await).await.expect("done");
    assert!(!purge().await, "it takes two steps");
    delete(ledger, ledger.a, 1).await;
    assert!(purge().await);
    let mut tx = ledger.db.read(ledger.a);
    assert_eq!(tx.repo::<Invoice>().with_deleted().count().await.expect("a count"), 0);
    drop(tx);
    assert!(ledger.get(ledger.b, 1).await.is_some());
}

async fn purges_what_is_old(ledger: &Ledger) {
    ledger.for_both(|tenant| (1..=3).map(|id| Invoice::new(tenant, id)).collect()).await;
    for tenant in [ledger.a, ledger.b] {
        delete(ledger, tenant, 1).await;
    }
    ledger.clock.advance(Duration::from_hours(1));
    let until = ledger.clock.now();
    delete(ledger, ledger.a, 2).await;
    let purge = async |mut repo: tenancy_sqlx::Repository<'_, Invoice>| {
        repo.purge_deleted_before(until).await
    };
    assert_eq!(ledger.write(ledger.a, purge).await.expect("purged"), 1);
    for (tenant, left) in [(ledger.a, 2), (ledger.b, 3)] {
        let mut tx = ledger.db.read(tenant);
        let count = tx.repo::<Invoice>().with_deleted().count().await;
        assert_eq!(count.expect("a count"), left);
    }
}

async fn touches_no_other_tenant(ledger: &Ledger) {
    let only_a = vec![Invoice::new(ledger.a, 1), Invoice::new(ledger.a, 2)];
    let inserted = ledger.write(ledger.a, async |mut repo| repo.insert_many(only_a).await).await;
    inserted.expect("inserted");
    delete(ledger, ledger.a, 1).await;
    let mut tx = ledger.db.tenant(ledger.b);
    let mut repo = tx.repo::<Invoice>();
    assert!(!repo.delete(&2).await.expect("an answer"));
    assert!(!repo.restore(&1).await.expect("an answer"));
    assert!(!repo.purge(&1).await.expect("an answer"));
    let far = ledger.clock.now() + Duration::from_hours(1);
    assert_eq!(repo.purge_deleted_before(far).await.expect("an answer"), 0);
    assert_eq!(tx.repo::<Invoice>().with_deleted().count().await.expect("a count"), 0);
    tx.commit().await.expect("committed");
    let mut tx = ledger.db.read(ledger.a);
    assert_eq!(tx.repo::<Invoice>().with_deleted().count().await.expect("a count"), 2);
    assert_eq!(tx.repo::<Invoice>().count().await.expect("a count"), 1);
}
