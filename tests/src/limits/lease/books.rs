//! Books that count how often they are asked, and go away.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use tenancy_core::limit::lease::{LeaseAsk, LeaseBooks, LeaseGrant, LeaseTerms};
use tenancy_core::{Error, ErrorKind, TenantId};

pub(super) struct Watched<B> {
    books: B,
    asked: AtomicU64,
    is_away: AtomicBool,
}

impl<B> Watched<B> {
    pub(super) const fn new(books: B) -> Self {
        Self { books, asked: AtomicU64::new(0), is_away: AtomicBool::new(false) }
    }

    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }
}

#[async_trait]
impl<B: LeaseBooks> LeaseBooks for Watched<B> {
    async fn renew(
        &self,
        tenant: TenantId,
        terms: LeaseTerms,
        asks: &[LeaseAsk],
    ) -> Result<Vec<Option<LeaseGrant>>, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "ask the books: they are away"));
        }
        self.books.renew(tenant, terms, asks).await
    }
}
