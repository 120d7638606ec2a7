use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Meter, Month, Used};
use crate::{Allowance, Error, TenantId};

/// Keeps what a tenant uses in a calendar month (UTC) within what it is allowed.
///
/// An amount is reserved before the work, and committed after it or released. What is reserved
/// counts against the limit from the start, so that parallel requests never exceed it together.
/// "Exceeded" is an answer, never an error; an error is never "reserved".
///
/// Each call is one step of the store: a script or a statement can do it.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::usage::{MemoryQuotaMeter, Meter, QuotaMeter, Reserved};
/// use tenancy_core::{Allowance, SystemClock, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let quotas = MemoryQuotaMeter::new(Arc::new(SystemClock));
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// let ten = Allowance::AtMost(10);
///
/// let reserved = quotas.reserve(harbor, &Meter::TRANSACTIONS, 10, ten).await?;
/// let Reserved::Held(reservation) = reserved else { panic!("there is room for ten") };
/// let second = quotas.reserve(harbor, &Meter::TRANSACTIONS, 1, ten).await?;
/// assert!(matches!(second, Reserved::Exceeded(_)));
///
/// assert!(quotas.commit(&reservation, 7).await?);
/// assert_eq!(quotas.used(harbor, &Meter::TRANSACTIONS).await?, 7);
/// assert_eq!(quotas.used(summit, &Meter::TRANSACTIONS).await?, 0);
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait QuotaMeter: Send + Sync + 'static {
    /// Holds an amount of the running month, when it fits beside what is used and held.
    ///
    /// A reservation that is neither committed nor released is released by itself after a while,
    /// which the meter's options say.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when nobody can decide.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have reserved, until that runs out.
    async fn reserve(
        &self,
        tenant: TenantId,
        meter: &Meter,
        amount: u64,
        limit: Allowance,
    ) -> Result<Reserved, Error>;

    /// Counts what was really used, which may be less than was reserved, and gives back the rest.
    ///
    /// Returns false, and counts nothing, when the reservation is not held any more: it was
    /// committed or released before, or has run out. So a second call is harmless.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for more than was reserved; then it is
    /// still held. [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does
    /// not answer.
    async fn commit(&self, reservation: &Reservation, actual: u64) -> Result<bool, Error>;

    /// Gives all of it back. Does nothing when it is not held any more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn release(&self, reservation: &Reservation) -> Result<(), Error>;

    /// Returns what was committed in the running month.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn used(&self, tenant: TenantId, meter: &Meter) -> Result<u64, Error>;
}

#[async_trait]
impl<Q: QuotaMeter + ?Sized> QuotaMeter for Arc<Q> {
    async fn reserve(
        &self,
        tenant: TenantId,
        meter: &Meter,
        amount: u64,
        limit: Allowance,
    ) -> Result<Reserved, Error> {
        (**self).reserve(tenant, meter, amount, limit).await
    }

    async fn commit(&self, reservation: &Reservation, actual: u64) -> Result<bool, Error> {
        (**self).commit(reservation, actual).await
    }

    async fn release(&self, reservation: &Reservation) -> Result<(), Error> {
        (**self).release(reservation).await
    }

    async fn used(&self, tenant: TenantId, meter: &Meter) -> Result<u64, Error> {
        (**self).used(tenant, meter).await
    }
}

/// The answer to a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an answer that nobody looks at refuses nobody"]
pub enum Reserved {
    /// It is held.
    Held(Reservation),
    /// It does not fit; nothing is held.
    Exceeded(Exceeded),
}

/// An amount that is held for a piece of work, in one month.
#[derive(Clone, PartialEq, Eq)]
pub struct Reservation {
    id: Uuid,
    tenant: TenantId,
    meter: Meter,
    month: Month,
    amount: u64,
}

impl Reservation {
    /// Names a new one. [`QuotaMeter`]s make them.
    pub fn new(tenant: TenantId, meter: Meter, month: Month, amount: u64) -> Self {
        Self { id: Uuid::now_v7(), tenant, meter, month, amount }
    }

    /// Returns its id, which no other has.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Returns whose it is.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns what is counted.
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Returns the month it counts in, even when it is committed after that month.
    pub const fn month(&self) -> Month {
        self.month
    }

    /// Returns how much is held.
    pub const fn amount(&self) -> u64 {
        self.amount
    }

    /// Checks that not more is committed than was reserved. Every meter's
    /// [`commit`](QuotaMeter::commit) begins with it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid).
    pub fn check(&self, actual: u64) -> Result<(), Error> {
        if actual <= self.amount {
            return Ok(());
        }
        let message = "commit a reservation: more was used than was reserved";
        Err(Error::invalid("amount", message))
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Reservation");
        out.field("meter", &self.meter).field("amount", &self.amount).finish_non_exhaustive()
    }
}

/// How far a quota is used, where something did not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    used: u64,
    limit: u64,
    month: Month,
}

impl Exceeded {
    /// Says what is used or held of a limit in a month. [`QuotaMeter`]s make them.
    pub const fn new(used: u64, limit: u64, month: Month) -> Self {
        Self { used, limit, month }
    }

    /// Returns what is used or held, and the limit.
    pub const fn used(&self) -> Used {
        Used::new(self.used, Some(self.limit))
    }

    /// Returns when the next month begins, with all of the limit.
    pub fn resets_at(&self) -> OffsetDateTime {
        self.month.end()
    }
}
