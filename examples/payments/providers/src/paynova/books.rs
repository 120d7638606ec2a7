use uuid::Uuid;

use super::operation::{Kind, Operation, Status};
use crate::fault::Twist;

/// What an account has here.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// Nobody may sign for an account without.
    pub(super) secret: Option<String>,
    payments: Vec<Payment>,
    operations: Vec<Operation>,
}

#[derive(Debug)]
struct Payment {
    id: String,
    reserved: i64,
    charged: i64,
    refunded: i64,
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) external: String,
    pub(super) amount: i64,
    pub(super) currency: String,
}

impl Books {
    pub(super) fn find(&self, external: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.external == external)
    }

    /// What was to be done later is done when it is asked for.
    pub(super) fn told(&mut self, external: &str) -> Option<&Operation> {
        let at = self.operations.iter().position(|operation| operation.external == external)?;
        let operation = &mut self.operations[at];
        if operation.status == Status::InProgress {
            operation.status = Status::Done;
        }
        Some(operation)
    }

    /// Reserves somebody's money, or takes it.
    pub(super) fn pay(
        &mut self,
        order: Order,
        is_charged: bool,
        refused: Option<String>,
        twist: &Twist,
    ) -> &Operation {
        let id = format!("pn_{}", Uuid::now_v7().simple());
        let amount = order.amount + twist.more;
        let refused = twist.decline.clone().or(refused);
        let status = refused.map_or_else(|| done(twist), Status::Refused);
        if !matches!(status, Status::Refused(_)) {
            let (reserved, charged) = if is_charged { (0, amount) } else { (amount, 0) };
            self.payments.push(Payment { id: id.clone(), reserved, charged, refunded: 0 });
        }
        self.note(order, id, Kind::Payment, twist, status)
    }

    /// Takes a part of what is reserved, or gives back a part of what was taken; `None` when
    /// there is no such payment.
    pub(super) fn work(
        &mut self,
        id: &str,
        kind: Kind,
        order: Order,
        twist: &Twist,
    ) -> Option<&Operation> {
        let payment = self.payments.iter_mut().find(|payment| payment.id == id)?;
        let amount = order.amount + twist.more;
        let left = match kind {
            Kind::Refund => payment.charged - payment.refunded,
            _ => payment.reserved,
        };
        let status = match &twist.decline {
            Some(code) => Status::Refused(code.clone()),
            None if amount > left => Status::Refused("AMOUNT_TOO_LARGE".to_owned()),
            None => done(twist),
        };
        if !matches!(status, Status::Refused(_)) {
            if kind == Kind::Refund {
                payment.refunded += amount;
            } else {
                payment.reserved -= amount;
                payment.charged += amount;
            }
        }
        Some(self.note(order, id.to_owned(), kind, twist, status))
    }

    /// Frees what is still reserved; tells whether there is such a payment.
    pub(super) fn release(&mut self, id: &str) -> bool {
        let payment = self.payments.iter_mut().find(|payment| payment.id == id);
        payment.map(|payment| payment.reserved = 0).is_some()
    }

    fn note(
        &mut self,
        order: Order,
        payment: String,
        kind: Kind,
        twist: &Twist,
        status: Status,
    ) -> &Operation {
        self.operations.push(Operation {
            id: format!("op_{}", Uuid::now_v7().simple()),
            external: order.external,
            payment,
            kind,
            amount: order.amount + twist.more,
            currency: order.currency,
            status,
        });
        self.operations.last().expect("it was pushed")
    }
}

const fn done(twist: &Twist) -> Status {
    if twist.delay { Status::InProgress } else { Status::Done }
}
