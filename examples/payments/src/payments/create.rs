//! Making a payment exactly once, however often it is asked for.

use http::StatusCode;
use tenancy_core::{Error, ErrorKind, Problem, TenantId};
use tenancy_sqlx::TenantTx;

use super::attempts::{self, Attempt};
use super::new_payment::NewPayment;
use super::step::{self, Halt};
use super::{Payment, PaymentState, PaymentView};
use crate::app::App;
use crate::customers::Customer;
use crate::idempotency::{Answer, Fingerprint, Idempotency, Replay, Turn};
use crate::ids::CustomerId;
use crate::integrations::Link;
use crate::line::Line;
use crate::workflows::{self, Needed};

/// Makes a payment, or returns what was answered when it was made.
///
/// The payment and the answer are one transaction: there is never one without the other. The
/// answer goes in first, so that of two equal requests at the same time the second waits for the
/// first, fails on the key and nothing else, and then reads the first one's answer.
pub(super) async fn create(
    app: &App,
    idempotency: Idempotency,
    mut tx: TenantTx,
    new: NewPayment,
) -> Result<Answer, Problem> {
    let fingerprint = Fingerprint::of("POST /v1/payments", &new);
    let (tenant, now) = (tx.tenant(), app.now());
    let customer = new.customer().map(str::parse).transpose().map_err(|_| customer_missing())?;
    if let Some(method) = new.confirmed_by()? {
        drop(tx);
        let order = Order { idempotency, fingerprint, customer, method };
        return make_and_confirm(app.clone(), tenant, new, order).await;
    }
    let mut payment = new.made(tenant, customer, now);
    let needed = workflows::needed(&mut tx, &payment).await?;
    if needed.is_some() {
        payment.state = PaymentState::RequiresApproval;
    }
    let answer = Answer::of(StatusCode::CREATED, &PaymentView::from(payment.clone()));

    let record = Replay::answered(tenant, &idempotency, fingerprint, &answer, now);
    if let Err(error) = tx.repo::<Replay>().insert(record).await {
        if error.kind() != ErrorKind::Conflict {
            return Err(error.into());
        }
        drop(tx);
        return idempotency.replay(app.db(), tenant, fingerprint).await;
    }
    if let Some(customer) = customer {
        require(&mut tx, customer).await?;
    }
    let payment = tx.repo::<Payment>().insert(payment).await.map_err(refused)?;
    app.emit(&mut tx, &payment).await?;
    if let Some(needed) = needed {
        ask_people(app, &mut tx, &payment, &idempotency, &needed).await?;
    }
    step::to_its_end("commit a payment", Box::pin(async { Ok(tx.commit().await?) })).await?;
    Ok(answer)
}

/// Has people asked, until they have decided or time is up.
async fn ask_people(
    app: &App,
    tx: &mut TenantTx,
    payment: &Payment,
    idempotency: &Idempotency,
    needed: &Needed,
) -> Result<(), Error> {
    let run = workflows::begin(tx, payment, idempotency.maker(), needed).await?;
    app.emit(tx, &run).await?;
    app.follow_up(payment.tenant_id);
    Ok(())
}

/// What making and confirming a payment takes beside the payment.
struct Order {
    idempotency: Idempotency,
    fingerprint: Fingerprint,
    customer: Option<CustomerId>,
    method: Line<100>,
}

/// Makes a payment and asks for its money. One that the month's quota has no room for is not made.
async fn make_and_confirm(
    app: App,
    tenant: TenantId,
    new: NewPayment,
    order: Order,
) -> Result<Answer, Problem> {
    step::to_its_end(
        "make and confirm a payment",
        Box::pin(async move {
            let payment = new.made(tenant, order.customer, app.now());
            let begin = || begin(&app, &payment, &order);
            let (attempt, link) = match step::take(begin).await? {
                Begun::Again(answer) => return Ok(answer),
                Begun::First(attempt, link) => (attempt, link),
            };
            let answer_status = attempt.answer_status;
            let asked = attempts::ask(&app, &payment, attempt, link, &order.method).await;
            // What could not be written down is asked for again.
            let asked = asked.inspect_err(|_| app.follow_up(tenant));
            asked.map(|payment| attempts::answer(payment, answer_status))
        }),
    )
    .await
}

#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
enum Begun {
    First(Attempt, Link),
    Again(Answer),
}

async fn begin(app: &App, payment: &Payment, order: &Order) -> Result<Begun, Halt> {
    let Order { idempotency, fingerprint, customer, .. } = order;
    let (db, now) = (app.db(), payment.created_at);
    let tx = db.tenant(payment.tenant_id);
    let (mut tx, replay) = match idempotency.begin(db, tx, *fingerprint, now).await? {
        Turn::First(tx, replay) => (tx, replay),
        Turn::Again(answer) => return Ok(Begun::Again(answer)),
    };
    if let Some(customer) = customer {
        require(&mut tx, *customer).await?;
    }
    if workflows::needed(&mut tx, payment).await?.is_some() {
        return Err(people_first().into());
    }
    let mut asked = payment.clone();
    asked.become_state(PaymentState::Processing, now)?;
    let asked = tx.repo::<Payment>().insert(asked).await.map_err(refused)?;
    app.emit(&mut tx, payment).await?;
    let made = Some(StatusCode::CREATED);
    let (attempt, link) = attempts::open(app, &mut tx, &asked, Some(replay), made).await?;
    tx.commit().await?;
    Ok(Begun::First(attempt, link))
}

async fn require(tx: &mut TenantTx, customer: CustomerId) -> Result<(), Problem> {
    tx.repo::<Customer>().get(&customer).await?.map(drop).ok_or_else(customer_missing)
}

fn people_first() -> Problem {
    Problem::new(422, "approval_required", "People have to agree to this payment first")
        .with_detail("make it without confirm, and confirm it once it is approved")
        .with_param("confirm")
}

/// The same for an id that is none, a random one and another tenant's.
fn customer_missing() -> Problem {
    Problem::new(422, "customer_missing", "There is no such customer").with_param("customer")
}

/// The id is new, so that only the reference can be there already.
fn refused(error: Error) -> Problem {
    if error.kind() == ErrorKind::Conflict {
        return Problem::new(409, "reference_taken", "Another payment has this reference")
            .with_param("reference");
    }
    error.into()
}
