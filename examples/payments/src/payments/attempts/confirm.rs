use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantId};
use tenancy_sqlx::TenantTx;
use utoipa::ToSchema;

use super::pass_on::pass_on;
use super::{Attempt, record};
use crate::app::App;
use crate::connectors::{Order, Report, Standing};
use crate::idempotency::{Answer, Fingerprint, Idempotency, ReplayId, Turn};
use crate::ids::{PaymentId, missing};
use crate::integrations::{self, Link};
use crate::line::Line;
use crate::money::{Amount, Currency};
use crate::payments::step::{self, Halt};
use crate::payments::{CaptureMode, Payment, PaymentState, PaymentView};
use crate::quota;

/// What a confirmation says.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
    /// Where the money comes from, as the provider names it: never a card's number.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "pm_card")]
    payment_method: Line<100>,
}

/// Asks a provider for the payer's money, and tells what came of it.
///
/// The attempt is written down before the provider is asked, and asked for under its id: whatever
/// is lost on the way, the reconciler finds out what has become of it.
pub(crate) async fn confirm(
    app: App,
    idempotency: Idempotency,
    tenant: TenantId,
    id: PaymentId,
    confirmation: Confirmation,
) -> Result<Answer, Problem> {
    step::to_its_end(
        "confirm a payment",
        Box::pin(async move {
            let route = format!("POST /v1/payments/{id}/confirm");
            let fingerprint = Fingerprint::of(&route, &confirmation);
            let begun = step::take(|| begin(&app, &idempotency, tenant, id, fingerprint)).await?;
            let (payment, attempt, link) = match begun {
                Begun::Again(answer) => return Ok(answer),
                Begun::First(payment, attempt, link) => (payment, attempt, link),
            };
            let asked = ask(&app, &payment, attempt, link, &confirmation.payment_method).await;
            // What could not be written down is asked for again.
            asked.inspect_err(|_| app.follow_up(tenant)).map(|payment| answer(payment, None))
        }),
    )
    .await
}

/// What is answered: by the payment's state, unless another status is known.
pub(crate) fn answer(payment: Payment, status: Option<i64>) -> Answer {
    let known = status.and_then(|status| StatusCode::from_u16(status.try_into().ok()?).ok());
    let status = known.unwrap_or(match payment.state {
        PaymentState::Unknown | PaymentState::Processing => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    });
    Answer::of(status, &PaymentView::from(payment))
}

#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
enum Begun {
    First(Payment, Attempt, Link),
    Again(Answer),
}

async fn begin(
    app: &App,
    idempotency: &Idempotency,
    tenant: TenantId,
    id: PaymentId,
    fingerprint: Fingerprint,
) -> Result<Begun, Halt> {
    let (db, now) = (app.db(), app.now());
    let turn = idempotency.begin(db, db.tenant(tenant), fingerprint, now).await?;
    let Turn::First(mut tx, replay) = turn else {
        let Turn::Again(answer) = turn else { unreachable!("a turn is one or the other") };
        return Ok(Begun::Again(answer));
    };
    let mut payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    payment.become_state(PaymentState::Processing, now)?;
    payment.failure_code = None;
    let payment = tx.repo::<Payment>().update(payment).await?;
    let (attempt, link) = open(app, &mut tx, &payment, Some(replay), None).await?;
    tx.commit().await?;
    Ok(Begun::First(payment, attempt, link))
}

/// Writes down that a provider is going to be asked, and takes that out of the month's quota. It
/// is the last thing before the commit.
///
/// # Errors
///
/// 429 `quota_exceeded`, and those of [`integrations::choose`].
pub(crate) async fn open(
    app: &App,
    tx: &mut TenantTx,
    payment: &Payment,
    answers: Option<ReplayId>,
    answer_status: Option<StatusCode>,
) -> Result<(Attempt, Link), Halt> {
    let now = payment.updated_at;
    app.emit(tx, payment).await?;
    let link = integrations::choose(app, tx, &[]).await?;
    let attempt = Attempt::new(payment, &link, answers, answer_status, now);
    let attempt = tx.repo::<Attempt>().insert(attempt).await?;
    for alert in quota::consume(tx, 1, now).await? {
        app.emit(tx, &alert).await?;
    }
    Ok((attempt, link))
}

/// Asks one provider after the other until one takes the request. Who may have done it is the
/// last one: then nobody else is asked.
pub(crate) async fn ask(
    app: &App,
    payment: &Payment,
    mut attempt: Attempt,
    mut link: Link,
    payment_method: &Line<100>,
) -> Result<Payment, Problem> {
    let method = payment_method.as_ref();
    let capture = payment.capture_mode == CaptureMode::Automatic;
    let (tenant, amount, currency) = (payment.tenant_id, payment.amount, payment.currency);
    let mut asked = Vec::new();
    loop {
        let request_id = attempt.id.to_string();
        let order = Order { request_id: &request_id, amount, currency };
        let report = match link.authorize(app, &order, method, capture).await {
            Ok(report) => Some(report),
            Err(error) if error.may_have_been_done() => None,
            Err(_) => {
                asked.extend(link.connection());
                if let Some(next) = pass_on(app, &attempt, &asked).await? {
                    (attempt, link) = next;
                    continue;
                }
                Some(not_sent(amount, currency))
            }
        };
        return record(app, tenant, attempt.id, report).await;
    }
}

/// Nobody could be asked: nobody's money was taken.
fn not_sent(amount: Amount, currency: Currency) -> Report {
    let standing = Standing::Declined(UNREACHABLE.to_owned());
    Report { reference: None, amount, currency, standing }
}

/// Why an attempt failed whose provider never got the request.
pub(super) const UNREACHABLE: &str = "provider_unreachable";
