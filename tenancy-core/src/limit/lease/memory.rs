use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{LeaseAsk, LeaseBook, LeaseBooks, LeaseGrant, LeaseTerms};
use crate::limit::LimitKey;
use crate::{Clock, Error, TenantId};

/// Books in memory: for one process, and for tests of several nodes in one.
pub struct MemoryLeaseBooks {
    clock: Arc<dyn Clock>,
    books: Mutex<Books>,
}

struct Books {
    by_key: HashMap<(TenantId, LimitKey), LeaseBook>,
    /// With more of them, those are dropped that are as good as new.
    sweep_above: usize,
}

const SWEEP_ABOVE_AT_LEAST: usize = 1_024;

impl MemoryLeaseBooks {
    /// Keeps books by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let books = Books { by_key: HashMap::new(), sweep_above: SWEEP_ABOVE_AT_LEAST };
        Self { clock, books: Mutex::new(books) }
    }
}

impl Books {
    fn sweep(&mut self, now: i64, terms: LeaseTerms) {
        self.by_key.retain(|_, book| {
            book.refresh(now, terms);
            !book.is_as_new()
        });
        self.sweep_above = (self.by_key.len() * 2).max(SWEEP_ABOVE_AT_LEAST);
    }
}

#[async_trait]
impl LeaseBooks for MemoryLeaseBooks {
    async fn renew(
        &self,
        tenant: TenantId,
        terms: LeaseTerms,
        asks: &[LeaseAsk],
    ) -> Result<Vec<Option<LeaseGrant>>, Error> {
        let now = self.clock.now_micros();
        // A panic elsewhere leaves a book between two requests.
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        if books.by_key.len() > books.sweep_above {
            books.sweep(now, terms);
        }
        let answers = asks.iter().map(|ask| {
            let new = || LeaseBook::full(ask.bucket, now);
            let book = books.by_key.entry((tenant, ask.key.clone())).or_insert_with(new);
            book.follow(ask.bucket, now, terms);
            book.renew(terms, now, &ask.request)
        });
        Ok(answers.collect())
    }
}

impl fmt::Debug for MemoryLeaseBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLeaseBooks").field("clock", &self.clock).finish_non_exhaustive()
    }
}
