use tenancy_core::{
    Error, ErrorKind, List, Problem, TenantContext, TenantId, TenantKey, TenantStatus,
};

use super::batch::BatchState;
use super::item::ItemState;
use super::{Batch, Item};
use crate::app::App;
use crate::ids::{BatchItemId, PaymentId, missing};
use crate::integrations::Link;
use crate::line::Line;
use crate::money::{Amount, Currency};
use crate::payments::attempts::{self, Attempt};
use crate::payments::step::{self, Halt};
use crate::payments::{Payment, PaymentState};

/// How many rows are paid before other tenants have their turn.
const AT_ONCE: u16 = 50;

/// Tells whether a tenant has batches at work.
pub(crate) async fn has_running(app: &App, tenant: TenantId) -> Result<bool, Problem> {
    let running = Batch::STATE.eq(BatchState::Running);
    Ok(app.db().read(tenant).repo::<Batch>().exists(running).await?)
}

/// Pays some rows of a tenant's batches.
///
/// A row and its payment are one transaction: whoever is killed has paid a row or not, and two
/// processes pay it once, because the second one finds the row changed.
pub(crate) async fn work(app: &App, tenant: TenantId) -> Result<(), Problem> {
    let running = List::oldest(10).filter(Batch::STATE.eq(BatchState::Running));
    let batches = app.db().read(tenant).repo::<Batch>().list(running).await?.items;
    if batches.is_empty() {
        return Ok(());
    }
    let Some(found) = app.directory().find(&TenantKey::Id(tenant)).await? else { return Ok(()) };
    if found.tenant.status() != TenantStatus::Active {
        return Ok(());
    }
    let context = TenantContext::for_program(found.tenant);
    context.scope(Box::pin(pay_rows(app, tenant, batches))).await
}

async fn pay_rows(app: &App, tenant: TenantId, batches: Vec<Batch>) -> Result<(), Problem> {
    for batch in batches {
        let of_batch = Item::BATCH_ID.eq(batch.id);
        let waiting = of_batch.clone().and(Item::STATE.eq(ItemState::Waiting));
        let waiting = List::oldest(AT_ONCE).filter(waiting);
        let items = app.db().read(tenant).repo::<Item>().list(waiting).await?.items;
        for item in &items {
            pay(app, tenant, item.id).await?;
        }
        let asked = of_batch.clone().and(Item::STATE.eq(ItemState::Processing));
        let asked = List::oldest(500).filter(asked);
        let begun = app.db().read(tenant).repo::<Item>().list(asked).await?.items;
        for item in begun {
            step::take(|| settle(app, tenant, item.id)).await?;
        }
        let open = of_batch.and(Item::STATE.is_in([ItemState::Waiting, ItemState::Processing]));
        if !app.db().read(tenant).repo::<Item>().exists(open).await? {
            step::take(|| finish(app, &batch)).await?;
        }
    }
    Ok(())
}

async fn pay(app: &App, tenant: TenantId, id: BatchItemId) -> Result<(), Problem> {
    match step::take(|| begin(app, tenant, id)).await {
        Ok(None) => Ok(()),
        Ok(Some((payment, (attempt, link), method))) => {
            let asked = attempts::ask(app, &payment, attempt, link, &method).await;
            if asked.is_err() {
                app.follow_up(tenant);
            }
            step::take(|| settle(app, tenant, id)).await
        }
        // The row is refused, not the batch.
        Err(problem) if [409, 422, 429].contains(&problem.status()) => {
            let code = problem.code().to_owned();
            step::take(|| refuse(app, tenant, id, &code)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Makes the payment of a row; `None` when that has been done, or the batch was given up.
async fn begin(
    app: &App,
    tenant: TenantId,
    id: BatchItemId,
) -> Result<Option<(Payment, (Attempt, Link), Line<100>)>, Halt> {
    let now = app.now();
    let mut tx = app.db().tenant(tenant);
    let mut item = tx.repo::<Item>().get(&id).await?.ok_or_else(missing)?;
    let batch = tx.repo::<Batch>().get(&item.batch_id).await?.ok_or_else(missing)?;
    if item.state != ItemState::Waiting || batch.state != BatchState::Running {
        return Ok(None);
    }
    let parts = || {
        let amount = item.amount.and_then(Amount::new)?;
        let currency = item.currency.as_deref().and_then(Currency::parse)?;
        let method = serde_json::from_value(item.payment_method.clone()?.into()).ok()?;
        Some((amount, currency, method))
    };
    let (amount, currency, method) = parts().ok_or_else(torn)?;
    let payment = Payment {
        reference: item.reference.clone(),
        ..Payment::new(PaymentId::generate(), tenant, amount, currency, now)
    };
    let mut asked = payment.clone();
    asked.become_state(PaymentState::Processing, now)?;
    let asked = tx.repo::<Payment>().insert(asked).await.map_err(|error| {
        if error.kind() == ErrorKind::Conflict { Halt::from(taken()) } else { error.into() }
    })?;
    app.emit(&mut tx, &payment).await?;
    item.state = ItemState::Processing;
    item.payment_id = Some(payment.id);
    item.updated_at = now;
    tx.repo::<Item>().update(item).await?;
    let question = attempts::open(app, &mut tx, &asked, None, None).await?;
    tx.commit().await?;
    Ok(Some((asked, question, method)))
}

/// Writes down what has become of a row's payment, if that is known.
async fn settle(app: &App, tenant: TenantId, id: BatchItemId) -> Result<(), Halt> {
    let mut tx = app.db().tenant(tenant);
    let mut item = tx.repo::<Item>().get(&id).await?.ok_or_else(missing)?;
    let Some(payment) = item.payment_id.filter(|_| item.state == ItemState::Processing) else {
        return Ok(());
    };
    let payment = tx.repo::<Payment>().get(&payment).await?.ok_or_else(missing)?;
    item.state = match payment.state {
        PaymentState::Succeeded => ItemState::Succeeded,
        PaymentState::Failed => ItemState::Failed,
        _ => return Ok(()),
    };
    item.code = payment.failure_code;
    item.updated_at = app.now();
    tx.repo::<Item>().update(item).await?;
    Ok(tx.commit().await?)
}

async fn refuse(app: &App, tenant: TenantId, id: BatchItemId, code: &str) -> Result<(), Halt> {
    let mut tx = app.db().tenant(tenant);
    let mut item = tx.repo::<Item>().get(&id).await?.ok_or_else(missing)?;
    if item.state != ItemState::Waiting {
        return Ok(());
    }
    item.state = ItemState::Failed;
    item.code = Some(code.to_owned());
    item.updated_at = app.now();
    tx.repo::<Item>().update(item).await?;
    Ok(tx.commit().await?)
}

async fn finish(app: &App, batch: &Batch) -> Result<(), Halt> {
    let mut tx = app.db().tenant(batch.tenant_id);
    let mut batch = tx.repo::<Batch>().get(&batch.id).await?.ok_or_else(missing)?;
    if batch.state != BatchState::Running {
        return Ok(());
    }
    batch.state = BatchState::Finished;
    batch.updated_at = app.now();
    tx.repo::<Batch>().update(batch).await?;
    Ok(tx.commit().await?)
}

fn torn() -> Error {
    Error::new(ErrorKind::Internal, "pay a row of a batch: it is not complete")
}

fn taken() -> Problem {
    Problem::new(409, "reference_taken", "Another payment has this reference")
}
