use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex};

use axum::response::{IntoResponse as _, Response};

use crate::calls::Calls;
use crate::fault::{Faults, Instead, Twist};
use crate::outbox::Outbox;

/// Where calls arrive: they are counted, meet their faults, and find the books of their account.
#[derive(Debug)]
pub(crate) struct Desk<B> {
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
    pub(crate) outbox: Outbox,
    books: Mutex<HashMap<String, B>>,
}

impl<B: Default> Desk<B> {
    pub(crate) fn new(outbox: Outbox) -> Arc<Self> {
        let (calls, faults) = (Calls::default(), Faults::default());
        Arc::new(Self { calls, faults, outbox, books: Mutex::default() })
    }

    /// Works with the books of an account.
    pub(crate) fn with<T>(&self, account: &str, work: impl FnOnce(&mut B) -> T) -> T {
        let mut books = self.books.lock().expect("work on books does not panic");
        work(books.entry(account.to_owned()).or_default())
    }

    /// Does the work of a call, or what its faults make of it.
    pub(crate) async fn answer(
        &self,
        operation: &str,
        account: &str,
        work: impl FnOnce(&mut B, &Twist) -> Response,
    ) -> Response {
        self.calls.count(operation, account);
        let course = self.faults.meet(operation, account);
        if !course.wait.is_zero() {
            tokio::time::sleep(course.wait).await;
        }
        if let Some(instead) = course.instead {
            return say(instead).await;
        }
        let response = self.with(account, |books| work(books, &course.twist));
        match course.after {
            Some(instead) => say(instead).await,
            None => response,
        }
    }
}

async fn say(instead: Instead) -> Response {
    match instead {
        Instead::Nothing => pending().await,
        Instead::Status(status) => (status, "the server was told to fail").into_response(),
    }
}
