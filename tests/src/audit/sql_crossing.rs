//! A crossing that the database handles stop is told to the auditor.

use std::sync::Arc;

use tenancy_core::audit::{
    AuditAction, AuditEvent, AuditLog, AuditOutcome, AuditParty, AuditQuery, Auditor,
    MemoryAuditLog,
};
use tenancy_core::{
    Actor, ActorKind, ErrorKind, PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug,
};

use crate::harness::{Database, Engine, Note, two_tenants};

async fn of(log: &MemoryAuditLog, auditor: &Auditor, tenant: TenantId) -> Vec<AuditEvent> {
    auditor.flush().await;
    let found = log.find(tenant, &AuditQuery::new()).await.unwrap();
    found.iter().map(|entry| entry.event().clone()).collect()
}

#[tokio::test]
async fn an_entity_of_another_tenant_is_a_blocked_crossing() {
    for engine in [Engine::Sqlite, Engine::MySql, Engine::Postgres] {
        let (a, b) = two_tenants();
        let log = MemoryAuditLog::new();
        let auditor = Auditor::new(log.clone());
        let database = Database::create(engine).await;
        let db = database.open(database.options().auditor(auditor.clone())).await.unwrap();
        let note = |tenant| Note::new(tenant, 1);
        let mut tx = db.tenant(a);
        let refused = tx.repo::<Note>().insert(note(b)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ForeignTenant);
        tx.repo::<Note>().insert(note(a)).await.unwrap();
        tx.repo::<Note>().update(note(b)).await.unwrap_err();

        let told = of(&log, &auditor, a).await;
        assert_eq!(told.iter().map(|event| event.times().get()).sum::<u64>(), 2);
        assert_eq!(
            (told[0].action(), told[0].outcome()),
            (&AuditAction::CROSSING_BLOCKED, AuditOutcome::Denied)
        );
        assert!(!format!("{told:?}").contains(&b.to_string()), "it names no other tenant");
        assert!(of(&log, &auditor, b).await.is_empty());
    }
}

/// Inside of a request the event says who it was; a context of another tenant says nothing.
#[tokio::test]
async fn the_event_says_who_it_was() {
    let (log, database) = (MemoryAuditLog::new(), Database::create(Engine::Sqlite).await);
    let auditor = Auditor::new(log.clone());
    let db = database.open(database.options().auditor(auditor.clone())).await.unwrap();
    let contexts = ["harbor", "summit"].map(|slug| {
        let plan = PlanCatalogue::example().plan("starter").unwrap();
        let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse(slug).unwrap(), plan);
        let ada = Actor::new(ActorKind::User, format!("ada_of_{slug}"));
        TenantContext::for_program(Arc::new(tenant)).with_actor(ada)
    });
    let [harbor, summit] = contexts.each_ref().map(TenantContext::tenant_id);
    let attempt = async || {
        let mut tx = db.tenant(harbor);
        tx.repo::<Note>().insert(Note::new(summit, 1)).await.unwrap_err();
    };
    for context in contexts {
        context.scope(attempt()).await;
    }
    let told = of(&log, &auditor, harbor).await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].actor(), Some(&AuditParty::user("ada_of_harbor")));
    assert_eq!(told[1].actor(), None);
}
