//! Finding out what has become of everything that a provider was asked and did not answer.

use std::time::Duration;

use tenancy_core::{Error, List, Problem, TenantId};
use tenancy_sqlx::SqlDirectory;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::Payment;
use super::attempts::{self, Attempt, AttemptState};
use super::captures::{self, Capture, CaptureState};
use super::refunds::{self, Refund, RefundState};
use crate::app::App;
use crate::connectors::{Question, Report, Standing};
use crate::integrations::Link;
use crate::{bulk, mode, workflows};

/// How often tenants are looked for whose open questions are due.
const TICK: Duration = Duration::from_secs(1);

/// After so many ticks all tenants are looked at: a process that was killed told nobody.
const SWEEP: u32 = 60;

/// How many open questions of a kind are asked one after the other.
const AT_ONCE: u16 = 20;

/// How long whoever asked for a capture first is left alone with it.
const GRACE: time::Duration = time::Duration::seconds(10);

/// How many tenants are looked at at once: a provider that hangs holds up its tenant, and no other.
const TENANTS: usize = 8;

/// Asks until it is stopped. Two processes may: what one writes down, the other finds done.
pub(crate) async fn run(app: App, directory: SqlDirectory) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut ticked, mut looking) = (0_u32, JoinSet::new());
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if ticked % SWEEP == 0
                    && let Err(error) = note_all(&app, &directory).await
                {
                    tracing::warn!(%error, "tenants are looked at later");
                }
                ticked = ticked.wrapping_add(1);
            }
            Some(_) = looking.join_next() => {}
        }
        while looking.len() < TENANTS
            && let Some(tenant) = app.open_work().take(app.now())
        {
            let look = Look { app: app.clone(), tenant };
            looking.spawn(async move { look.look().await });
        }
    }
}

/// A tenant that is being looked at.
struct Look {
    app: App,
    tenant: TenantId,
}

impl Look {
    async fn look(self) {
        // At the earliest with the next tick, however it ends.
        let soonest = self.app.now() + TICK;
        match Box::pin(look_at(&self.app, self.tenant)).await {
            Ok(None) => {}
            Ok(Some(next)) => self.app.open_work().note(self.tenant, next.max(soonest)),
            Err(problem) => {
                tracing::warn!(code = problem.code(), "open questions are asked later");
                self.app.open_work().note(self.tenant, soonest);
            }
        }
    }
}

/// In a panic, too.
impl Drop for Look {
    fn drop(&mut self) {
        self.app.open_work().done(self.tenant);
    }
}

async fn note_all(app: &App, directory: &SqlDirectory) -> Result<(), Error> {
    let mut after = None;
    loop {
        let tenants = directory.list(after, 1_000).await?;
        let Some(last) = tenants.last() else { return Ok(()) };
        after = Some(last.id());
        for tenant in &tenants {
            for world in mode::worlds(tenant.id())? {
                app.look_through(world);
            }
        }
    }
}

/// Asks the open questions of a tenant that are due, and ends what is over. Returns when it is
/// looked at next, if something stays open.
async fn look_at(app: &App, tenant: TenantId) -> Result<Option<OffsetDateTime>, Problem> {
    let now = app.now();
    let mut tx = app.db().read(tenant);
    let due = Attempt::is_to_be_asked().and(Attempt::NEXT_ASK_AT.le(now));
    let of_attempts = List::oldest(AT_ONCE).filter(due).order_by(Attempt::NEXT_ASK_AT.asc());
    let attempts = tx.repo::<Attempt>().list(of_attempts).await?.items;
    let of_captures = List::oldest(AT_ONCE).filter(Capture::STATE.eq(CaptureState::Processing));
    let captures = tx.repo::<Capture>().list(of_captures).await?.items;
    // Of what was made at a provider its events tell.
    let ours = Refund::STATE.eq(RefundState::Pending).and(Refund::CONNECTOR.is_none());
    let of_refunds = List::oldest(AT_ONCE).filter(ours);
    let refunds = tx.repo::<Refund>().list(of_refunds).await?.items;
    drop(tx);

    workflows::expire_due(app, tenant).await?;
    bulk::work(app, tenant).await?;
    told(super::expire::expire_due(app, tenant, now).await);
    let waits =
        workflows::has_waiting(app, tenant).await? || bulk::has_running(app, tenant).await?;
    let some = waits || !(captures.is_empty() && refunds.is_empty());
    // One that cannot be told now holds up no other.
    for attempt in attempts {
        told(ask_for_attempt(app, attempt, now).await);
    }
    for capture in captures {
        if now - capture.updated_at >= GRACE {
            told(ask_for_capture(app, &capture).await);
        }
    }
    for refund in refunds {
        told(refunds::ask(app, &refund).await);
    }
    let soon = some.then_some(now + TICK);
    let asked = next_question(app, tenant).await?;
    let expires = super::expire::next(app, tenant).await?;
    Ok([soon, asked, expires].into_iter().flatten().min())
}

async fn next_question(app: &App, tenant: TenantId) -> Result<Option<OffsetDateTime>, Error> {
    let next =
        List::oldest(1).filter(Attempt::is_to_be_asked()).order_by(Attempt::NEXT_ASK_AT.asc());
    let next = app.db().read(tenant).repo::<Attempt>().list(next).await?.items.pop();
    Ok(next.map(|attempt| attempt.next_ask_at))
}

fn told(asked: Result<(), Problem>) {
    if let Err(problem) = asked {
        tracing::warn!(code = problem.code(), "an open question is asked again later");
    }
}

async fn ask_for_attempt(app: &App, attempt: Attempt, now: OffsetDateTime) -> Result<(), Problem> {
    let tenant = attempt.tenant_id;
    if attempt.state == AttemptState::Voiding {
        return attempts::void(app, tenant, attempt).await;
    }
    let request_id = attempt.id.to_string();
    let link = Link::of_attempt(app, &attempt).await?;
    let question = Question::Authorization { request_id: &request_id };
    let is_lost = now - attempt.created_at >= link.settles_within();
    let report = match link.find(app, &question).await {
        Ok(Some(report)) => Some(report).filter(|report| report.standing != Standing::Pending),
        Ok(None) if is_lost => Some(lost(app, &attempt).await?),
        Ok(None) | Err(_) => None,
    };
    match report {
        Some(report) => attempts::record(app, tenant, attempt.id, Some(report)).await.map(drop),
        None => attempts::put_off(app, &attempt).await,
    }
}

/// The provider has never heard of it: nobody's money was taken.
async fn lost(app: &App, attempt: &Attempt) -> Result<Report, Problem> {
    let mut tx = app.db().read(attempt.tenant_id);
    let payment = tx.repo::<Payment>().get(&attempt.payment_id).await?;
    let payment = payment.ok_or_else(crate::ids::missing)?;
    let standing = Standing::Declined("not_received".to_owned());
    let (amount, currency) = (payment.amount, payment.currency);
    Ok(Report { reference: None, amount, currency, standing })
}

async fn ask_for_capture(app: &App, capture: &Capture) -> Result<(), Problem> {
    let mut tx = app.db().read(capture.tenant_id);
    let attempt = tx.repo::<Attempt>().get(&capture.attempt_id).await?;
    let payment = tx.repo::<Payment>().get(&capture.payment_id).await?;
    drop(tx);
    let (Some(attempt), Some(payment)) = (attempt, payment) else { return Ok(()) };
    captures::ask_again(app, capture, payment.currency, &attempt).await
}
