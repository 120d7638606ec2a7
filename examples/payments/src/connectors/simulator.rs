use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use super::{CallError, Connector, Order, Question, Report, Standing};
use crate::money::Amount;

/// A provider within the process, for trying the platform. No money moves.
///
/// The payment method decides what happens:
///
/// | method | what happens |
/// | --- | --- |
/// | `pm_declined_CODE` | refused with that code |
/// | `pm_hangs` | done, and the answer never comes |
/// | `pm_lost` | neither done nor answered |
/// | `pm_short` | a smaller amount than was asked for is taken |
/// | any other | done |
///
/// A refund is pending until it is asked for. It forgets everything when the process ends, and its
/// oldest requests when it has a hundred thousand.
#[derive(Debug, Default)]
pub(crate) struct Simulator {
    requests: Mutex<Requests>,
}

#[derive(Debug, Default)]
struct Requests {
    of_id: HashMap<String, Report>,
    in_order: VecDeque<String>,
}

impl Simulator {
    const MOST: usize = 100_000;

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().expect("no code panics while it holds this lock")
    }

    /// Does the work of a request, unless it was done.
    fn once(&self, order: &Order<'_>, amount: Amount, standing: Standing) -> Report {
        let mut requests = self.requests();
        if let Some(done) = requests.of_id.get(order.request_id) {
            return done.clone();
        }
        let reference = Some(format!("sim_{}", order.request_id));
        let report = Report { reference, amount, currency: order.currency, standing };
        if requests.in_order.len() == Self::MOST
            && let Some(oldest) = requests.in_order.pop_front()
        {
            requests.of_id.remove(&oldest);
        }
        requests.in_order.push_back(order.request_id.to_owned());
        requests.of_id.insert(order.request_id.to_owned(), report.clone());
        report
    }
}

#[async_trait]
impl Connector for Simulator {
    fn name(&self) -> &'static str {
        "simulator"
    }

    async fn authorize(
        &self,
        order: &Order<'_>,
        payment_method: &str,
        _capture: bool,
    ) -> Result<Report, CallError> {
        if payment_method == "pm_lost" {
            return pending().await;
        }
        if let Some(code) = payment_method.strip_prefix("pm_declined_") {
            return Ok(self.once(order, order.amount, Standing::Declined(code.to_owned())));
        }
        let short = Amount::new(order.amount.units() - 1).filter(|_| payment_method == "pm_short");
        let report = self.once(order, short.unwrap_or(order.amount), Standing::Succeeded);
        if payment_method == "pm_hangs" {
            return pending().await;
        }
        Ok(report)
    }

    async fn capture(&self, order: &Order<'_>, _reference: &str) -> Result<Report, CallError> {
        Ok(self.once(order, order.amount, Standing::Succeeded))
    }

    async fn refund(&self, order: &Order<'_>, _reference: &str) -> Result<Report, CallError> {
        Ok(self.once(order, order.amount, Standing::Pending))
    }

    async fn void(&self, _reference: &str) -> Result<(), CallError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), CallError> {
        Ok(())
    }

    async fn find(&self, question: &Question<'_>) -> Result<Option<Report>, CallError> {
        let mut requests = self.requests();
        Ok(requests.of_id.get_mut(question.request_id()).map(|report| {
            if report.standing == Standing::Pending {
                report.standing = Standing::Succeeded;
            }
            report.clone()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn order(request_id: &str) -> Order<'_> {
        let (amount, currency) = (Amount::new(500).unwrap(), Currency::parse("USD").unwrap());
        Order { request_id, amount, currency }
    }

    const fn asked(request_id: &str) -> Question<'_> {
        Question::Authorization { request_id }
    }

    #[tokio::test]
    async fn a_request_is_done_once() {
        let simulator = Simulator::default();
        let first = simulator.authorize(&order("a"), "pm_card", false).await.unwrap();
        assert_eq!(first.standing, Standing::Succeeded);
        let again = simulator.authorize(&order("a"), "pm_declined_lost_card", false).await.unwrap();
        assert_eq!(again, first, "of one id there is one answer");
        let declined = simulator.authorize(&order("b"), "pm_declined_lost_card", false).await;
        assert_eq!(declined.unwrap().standing, Standing::Declined("lost_card".into()));
        assert_eq!(simulator.find(&asked("a")).await, Ok(Some(first)));
        assert_eq!(simulator.find(&asked("c")).await, Ok(None));
    }

    #[tokio::test]
    async fn what_hangs_was_done_and_what_is_lost_was_not() {
        let simulator = Simulator::default();
        for (method, done) in [("pm_hangs", true), ("pm_lost", false)] {
            let order = order(method);
            let call = simulator.authorize(&order, method, false);
            // It is polled once, and does not end.
            let wait = std::time::Duration::ZERO;
            assert!(tokio::time::timeout(wait, call).await.is_err(), "{method}");
            assert_eq!(simulator.find(&asked(method)).await.unwrap().is_some(), done, "{method}");
        }
    }

    #[tokio::test]
    async fn a_refund_is_done_when_it_is_asked_for() {
        let simulator = Simulator::default();
        let report = simulator.refund(&order("r"), "sim_a").await.unwrap();
        assert_eq!(report.standing, Standing::Pending);
        let found = simulator.find(&asked("r")).await.unwrap().unwrap();
        assert_eq!(found.standing, Standing::Succeeded);
    }

    #[test]
    fn it_forgets_the_oldest() {
        let simulator = Simulator::default();
        for at in 0..=Simulator::MOST {
            let id = at.to_string();
            simulator.once(&order(&id), order(&id).amount, Standing::Succeeded);
        }
        let requests = simulator.requests();
        assert_eq!(
            (requests.of_id.len(), requests.in_order.len()),
            (Simulator::MOST, Simulator::MOST)
        );
        assert!(!requests.of_id.contains_key("0"));
    }
}
