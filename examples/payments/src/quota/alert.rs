use std::borrow::Cow;

use kit::events::Subject;
use serde::Serialize;
use tenancy_core::usage::{Month, Used};
use tenancy_core::{Error, List, TenantId};
use tenancy_sqlx::{TenantEntity, TenantTx};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// When somebody should hear of it, in percent.
const THRESHOLDS: [u16; 2] = [80, 100];

/// That a month's transactions have passed a threshold. There is one of each, for good.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "quota_alerts")]
pub(crate) struct QuotaAlert {
    /// The month and the threshold: `2026-11/80`.
    #[tenant(key)]
    pub(crate) id: String,
    pub(crate) tenant_id: TenantId,
    pub(crate) month: String,
    pub(crate) threshold: i64,
    pub(crate) raised_at: OffsetDateTime,
}

/// An alert, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotaAlert)]
pub(crate) struct QuotaAlertView {
    /// In percent of the limit.
    #[schema(example = 80)]
    threshold: i64,
    #[serde(with = "time::serde::rfc3339")]
    raised_at: OffsetDateTime,
}

/// An alert, as events tell of it.
#[derive(Debug, Serialize)]
pub(crate) struct QuotaAlertEvent {
    meter: &'static str,
    month: String,
    threshold: i64,
}

impl Subject for QuotaAlert {
    type View = QuotaAlertEvent;

    fn event_kind(&self) -> Cow<'static, str> {
        "quota.threshold_reached".into()
    }

    fn event_view(&self) -> QuotaAlertEvent {
        let Self { month, threshold, .. } = self;
        QuotaAlertEvent { meter: "transactions", month: month.clone(), threshold: *threshold }
    }
}

/// Returns the alerts of a month, in the order of their thresholds.
pub(crate) async fn alerts_of(
    tx: &mut TenantTx,
    month: Month,
) -> Result<Vec<QuotaAlertView>, Error> {
    let of_month = List::oldest(100).filter(QuotaAlert::MONTH.eq(month.to_string()));
    let mut alerts = tx.repo::<QuotaAlert>().list(of_month).await?.items;
    alerts.sort_unstable_by_key(|alert| alert.threshold);
    let view = |alert: QuotaAlert| {
        let QuotaAlert { threshold, raised_at, .. } = alert;
        QuotaAlertView { threshold, raised_at }
    };
    Ok(alerts.into_iter().map(view).collect())
}

/// Raises what is passed and was not before, and returns it. Whoever counts next sees it: the count
/// is locked.
pub(super) async fn raise(
    tx: &mut TenantTx,
    month: Month,
    used: Used,
    now: OffsetDateTime,
) -> Result<Vec<QuotaAlert>, Error> {
    let mut raised = Vec::new();
    let Some(percent) = used.percent() else { return Ok(raised) };
    for threshold in THRESHOLDS {
        if u64::from(threshold) * 100 > percent.hundredths() {
            continue;
        }
        let alert = QuotaAlert {
            id: format!("{month}/{threshold}"),
            tenant_id: tx.tenant(),
            month: month.to_string(),
            threshold: threshold.into(),
            raised_at: now,
        };
        let rows = tx
            .sql(
                "INSERT INTO quota_alerts (id, month, threshold, raised_at)
                 VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
            )
            .bind(alert.id.clone())
            .bind(alert.month.clone())
            .bind(alert.threshold)
            .bind(now)
            .execute()
            .await?;
        if rows > 0 {
            raised.push(alert);
        }
    }
    Ok(raised)
}
