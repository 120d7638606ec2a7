use tenancy_core::{Error, ErrorKind, Page, TenantDirectory as _, TenantKey, TenantStatus};
use tenancy_sqlx::TenantTx;
use time::Duration;

use super::TenantLife;
use crate::app::App;
use crate::mode;

/// So long nobody gets the slug of a tenant whose data has gone: links to it are still about.
const SLUG_REST: Duration = Duration::days(180);

/// So many lives are looked at in one go.
const AT_ONCE: u16 = 100;

/// How often it is looked whose time is over, when no clock is moved.
const EVERY: std::time::Duration = std::time::Duration::from_mins(1);

/// Who a tenant's people and customers are, its secrets, and what was on its way: those whom a row
/// refers to behind those that do.
///
/// What stays are records of money and of who decided about it: payments without their customers,
/// attempts, captures, refunds, disputes, approvals, the ledger, and the audit log.
const GOES: [&str; 32] = [
    "DELETE FROM webhook_attempts",
    "DELETE FROM webhook_deliveries",
    "DELETE FROM webhook_endpoints",
    "DELETE FROM events",
    "DELETE FROM inbound_events",
    "DELETE FROM inbound_sources",
    "DELETE FROM jobs",
    "DELETE FROM notifications",
    "DELETE FROM idempotency_records",
    "DELETE FROM provider_calls",
    "UPDATE attempts SET connection_id = NULL WHERE connection_id IS NOT NULL",
    "DELETE FROM connections",
    "DELETE FROM bulk_items",
    "DELETE FROM bulk_batches",
    "UPDATE payments SET customer_id = NULL WHERE customer_id IS NOT NULL",
    "UPDATE payments SET reference = NULL WHERE reference IS NOT NULL",
    "DELETE FROM customers",
    "DELETE FROM sign_ins",
    "DELETE FROM sign_in_challenges",
    "DELETE FROM refresh_tokens",
    "DELETE FROM token_families",
    "DELETE FROM recovery_codes",
    "DELETE FROM second_factors",
    "DELETE FROM password_resets",
    "DELETE FROM invitations",
    "DELETE FROM members",
    "DELETE FROM rosters",
    "DELETE FROM api_keys",
    "DELETE FROM support_grants",
    "DELETE FROM own_domains",
    "DELETE FROM quota_alerts",
    "DELETE FROM transaction_months",
];

/// Purges whoever's time is over, until it is stopped. Several processes may: what one has removed
/// the other finds gone.
pub(crate) async fn run(app: App) {
    let clock = app.backends().demo_clock.clone();
    loop {
        let mut seen = clock.as_ref().map(kit::DemoClock::moves);
        if let Err(error) = purge_due(&app).await {
            tracing::warn!(%error, "tenants are purged later");
        }
        match &mut seen {
            // By whoever moves the clock, or in a while.
            Some(seen) => drop(tokio::time::timeout(EVERY, seen.changed()).await),
            None => tokio::time::sleep(EVERY).await,
        }
    }
}

async fn purge_due(app: &App) -> Result<(), Error> {
    let mut page = Page::oldest(AT_ONCE);
    loop {
        let found = app.db().read_shared().repo::<TenantLife>().list(page).await?;
        let Some(last) = found.items.last().map(|life| life.id) else { return Ok(()) };
        for life in found.items {
            let is_due = life.purged_at.is_none()
                && life.purge_at.is_some_and(|purge_at| purge_at <= app.now());
            if is_due {
                purge(app, life).await?;
            }
        }
        if !found.has_more {
            return Ok(());
        }
        page = Page::oldest(AT_ONCE).after(last);
    }
}

/// Ends a tenant for good. Stopped anywhere, it is done again.
async fn purge(app: &App, life: TenantLife) -> Result<(), Error> {
    let id = life.id;
    let found = app.tenants().find(&TenantKey::Id(id)).await?;
    let tenant =
        found.ok_or_else(|| Error::new(ErrorKind::TenantUnknown, "purge a tenant"))?.tenant;
    match tenant.status() {
        TenantStatus::Closed => {}
        // Somebody takes the closing back at this very moment.
        TenantStatus::Active => return Ok(()),
        _ => app.tenants().set_status(id, TenantStatus::Closed).await?,
    }
    for domain in tenant.domains() {
        app.tenants().remove_domain(id, domain).await?;
    }
    for world in mode::worlds(id)? {
        let mut tx = app.db().tenant(world);
        remove(&mut tx).await?;
        tx.commit().await?;
    }
    let now = app.now();
    TenantLife { purged_at: Some(now), slug_free_at: Some(now + SLUG_REST), ..life }
        .keep(app.db())
        .await?;
    tracing::info!(tenant.id = %id, "a tenant's data has gone");
    Ok(())
}

async fn remove(tx: &mut TenantTx) -> Result<(), Error> {
    for sql in GOES {
        tx.sql(sql).execute().await?;
    }
    Ok(())
}

/// What becomes of each of a tenant's tables: a new one is a decision of its own.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_money_and_decisions_stay() {
        for stays in [
            "journal_entries",
            "postings",
            "ledger_accounts",
            "ledger_corrections",
            "captures",
            "refunds",
            "disputes",
            "approval_decisions",
            "workflow_versions",
        ] {
            assert!(GOES.iter().all(|sql| !sql.split_whitespace().any(|word| word == stays)));
        }
    }
}
