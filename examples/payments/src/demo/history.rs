//! What the demo tenants' customers have paid so far.

use time::ext::NumericalDuration as _;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::{Builder, Uuid};

use super::Demo;
use super::random::Random;
use crate::customers::Customer;
use crate::ids::{AttemptId, CaptureId, CustomerId, PaymentId};
use crate::money::{Amount, Currency};
use crate::payments::attempts::{Attempt, AttemptState};
use crate::payments::captures::Capture;
use crate::payments::{Payment, PaymentState};

const BEGIN: OffsetDateTime = datetime!(2026-08-03 06:00 UTC);
const PAYMENTS: u32 = 30;

/// Customers of a demo tenant and what they paid.
pub(super) struct History {
    pub(super) customers: Vec<Customer>,
    pub(super) payments: Vec<Payment>,
    /// Of the payments that succeeded, in their order.
    pub(super) attempts: Vec<Attempt>,
    pub(super) captures: Vec<Capture>,
}

impl History {
    /// The same for the same tenant, always.
    pub(super) fn of(demo: &Demo) -> Self {
        let mut random = Random::new(format!("history of {}", demo.slug));
        let customers: Vec<_> = (0..)
            .zip(demo.customers)
            .map(|(at, name)| customer(demo, at, name, &mut random))
            .collect();
        let payments: Vec<_> =
            (0..PAYMENTS).map(|at| payment(demo, at, &customers, &mut random)).collect();
        let (attempts, captures) = payments
            .iter()
            .filter(|payment| payment.state == PaymentState::Succeeded)
            .map(|payment| {
                let attempt = attempt(payment, &mut random);
                let capture = capture(payment, &attempt, &mut random);
                (attempt, capture)
            })
            .unzip();
        Self { customers, payments, attempts, captures }
    }
}

fn customer(demo: &Demo, at: u32, name: &str, random: &mut Random) -> Customer {
    let created_at = BEGIN + Duration::minutes(at.into());
    let id = CustomerId::from_uuid(id(created_at, random));
    let email = format!("customer{}@{}.example", at + 1, demo.slug);
    Customer::new(id, demo.id(), name.to_owned(), (Some(email), None), created_at)
}

fn payment(demo: &Demo, at: u32, customers: &[Customer], random: &mut Random) -> Payment {
    // Some three days apart, in the daytime.
    let created_at = BEGIN
        + 1.hours()
        + Duration::days(i64::from(at) * 3)
        + Duration::seconds(random.below(14 * 3_600).cast_signed());
    let currency = Currency::parse(random.one::<&str>(demo.currencies)).expect("a currency");
    let id = PaymentId::from_uuid(id(created_at, random));
    let customer_id = Some(random.one(customers).id);
    let (amount, state) = (amount(currency, random), state(at, random));
    let taken = if state == PaymentState::Succeeded { amount.units() } else { 0 };
    let failed = state == PaymentState::Failed;
    Payment {
        customer_id,
        reference: Some(format!("invoice {}", 1_001 + at)),
        state,
        failure_code: failed.then(|| "insufficient_funds".to_owned()),
        amount_authorized: taken,
        amount_captured: taken,
        ..Payment::new(id, demo.id(), amount, currency, created_at)
    }
}

fn attempt(payment: &Payment, random: &mut Random) -> Attempt {
    let attempt_id = AttemptId::from_uuid(id(payment.created_at, random));
    Attempt {
        id: attempt_id,
        tenant_id: payment.tenant_id,
        payment_id: payment.id,
        connector: "simulator".to_owned(),
        connection_id: None,
        state: AttemptState::Authorized,
        provider_reference: Some(format!("sim_{attempt_id}")),
        failure_code: None,
        answers: None,
        answer_status: None,
        asked: 0,
        next_ask_at: payment.created_at,
        given_up_at: None,
        reported_amount: None,
        reported_currency: None,
        resolved_by: None,
        evidence: None,
        created_at: payment.created_at,
        updated_at: payment.created_at,
        version: 1,
    }
}

fn capture(payment: &Payment, attempt: &Attempt, random: &mut Random) -> Capture {
    let id = CaptureId::from_uuid(id(payment.created_at, random));
    Capture {
        id,
        ..Capture::with_authorization(payment, attempt, payment.amount, payment.created_at)
    }
}

/// Mostly small, sometimes large.
fn amount(currency: Currency, random: &mut Random) -> Amount {
    let magnitude = *random.one(&[499, 1_250, 2_900, 7_500, 19_900, 84_000]);
    let cents = magnitude + random.below(magnitude);
    // A hundredth of a yen is nothing: there the same digits are worth about the same.
    let units = if currency.decimals() == 3 { cents * 10 } else { cents };
    Amount::new(units.cast_signed()).expect("it is positive")
}

/// The newest one is open, so that there is one to cancel.
fn state(at: u32, random: &mut Random) -> PaymentState {
    match random.below(100) {
        _ if at + 1 == PAYMENTS => PaymentState::RequiresConfirmation,
        0..85 => PaymentState::Succeeded,
        85..92 => PaymentState::RequiresConfirmation,
        92..97 => PaymentState::Failed,
        _ => PaymentState::Canceled,
    }
}

/// An id like one made at that time.
fn id(at: OffsetDateTime, random: &mut Random) -> Uuid {
    let millis = u64::try_from(at.unix_timestamp()).expect("after 1970") * 1_000;
    Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::demo::TENANTS;

    #[test]
    fn history_does_not_change() {
        for demo in &TENANTS {
            let (first, again) = (History::of(demo), History::of(demo));
            let ids = |history: &History| history.payments.iter().map(|p| p.id).collect::<Vec<_>>();
            assert_eq!(ids(&first), ids(&again));
            assert!(ids(&first).is_sorted_by_key(ToString::to_string));
            let references: HashSet<_> = first.payments.iter().map(|p| &p.reference).collect();
            assert_eq!(references.len(), first.payments.len());
        }
    }
}
