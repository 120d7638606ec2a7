use std::fmt;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::{JoinSet, spawn_blocking};

use super::entry::Entry;
use super::folder::Folder;
use super::segment::ClosedSegment;
use super::writer::{Closed, Order, Writer};
use crate::usage::{Hour, Meter, Month, Series, Usage, UsageBatch, UsageMeter, UsageSink};
use crate::{Clock, Error, ErrorKind, TenantId};

/// Batches that are on their way at once: a store commits them side by side.
const AT_ONCE: usize = 8;

/// The most counts of one call.
const MOST_COUNTS: usize = 1_024;

/// Counts that are on this machine's disk before they are acknowledged: *billable* usage.
///
/// [`record`](Self::record) returns when a count is in a file and the file is synced; callers who
/// wait at the same time share one sync. Files are delivered to a store as batches whose names
/// never change, and removed when the store has them. So whatever is killed and whenever, this
/// program, the store, or both, **nothing that was acknowledged is lost, and nothing counts
/// twice**. The next [`open`](Self::open) of the folder delivers what was left behind. What was not
/// acknowledged may have counted or not.
///
/// The folder must survive the process: a volume, not a container's own disk. Where there is none,
/// write usage in the transaction that did the work. Each process needs a folder of its own.
///
/// * The disk is full, or fails: `record` says so and nothing counts; it works again when there is
///   room.
/// * A crash cut a write off: its end is removed at the next `open`, with a warning. It was
///   acknowledged to nobody.
/// * A file was damaged: `open` refuses, names file and byte, and touches nothing. Damage in a
///   file's very last write cannot be told from a crash.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::usage::{MemoryUsageMeter, Meter, Month, UsageLog, UsageMeter};
/// use tenancy_core::{SystemClock, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let folder = std::env::temp_dir().join(format!("tenancy-{}", TenantId::generate()));
/// let meter = Arc::new(MemoryUsageMeter::new(Arc::new(SystemClock)));
/// let log = UsageLog::open(&folder, meter.clone(), Arc::new(SystemClock))?;
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
///
/// log.record(harbor, &[(Meter::TRANSACTIONS, 1)]).await?;
/// log.record(summit, &[(Meter::TRANSACTIONS, 2)]).await?;
/// log.deliver().await?;
/// let month = Month::current(&SystemClock);
/// assert_eq!(meter.usage(harbor, month).await?.of(&Meter::TRANSACTIONS), 1);
/// assert_eq!(meter.usage(summit, month).await?.of(&Meter::TRANSACTIONS), 2);
/// # drop(log);
/// # let _ = std::fs::remove_dir_all(folder);
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct UsageLog(Arc<Shared>);

struct Shared {
    orders: mpsc::Sender<Order>,
    closed: Arc<Closed>,
    /// One delivery at a time: files go in their order.
    delivering: Mutex<()>,
    sink: Arc<dyn UsageSink>,
    meter: Arc<dyn UsageMeter>,
    clock: Arc<dyn Clock>,
}

impl UsageLog {
    /// Opens the log in a folder, which is made when it is not there, for delivery to a meter.
    ///
    /// It reads what earlier runs left behind, and blocks for that long. Nothing of it is
    /// delivered before [`deliver`](Self::deliver).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when another process has the folder;
    /// [`ErrorKind::Unavailable`] when it cannot be read or written; [`ErrorKind::Internal`] when
    /// a file in it is damaged.
    pub fn open<M: UsageMeter + UsageSink>(
        folder: &Path,
        meter: Arc<M>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let folder = Folder::take(folder, &*clock)?;
        let closed = Arc::new(Closed::new(folder.left_behind()?));
        let (orders, receiver) = mpsc::channel(4_096);
        let writer = Writer::new(folder, closed.clone());
        thread::Builder::new()
            .name("usage-log".to_owned())
            .spawn(move || writer.run(receiver))
            .map_err(|source| {
                Error::new(ErrorKind::Unavailable, "open the usage log: start its thread")
                    .with_source(source)
            })?;
        let delivering = Mutex::new(());
        Ok(Self(Arc::new(Shared { orders, closed, delivering, sink: meter.clone(), meter, clock })))
    }

    /// Counts, in the hour it is: when this returns, it is on the disk. All of it or nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the disk is full or fails: nothing counts, as far as the
    /// disk still obeys. [`ErrorKind::Invalid`] for more than 1,024 counts.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have counted.
    pub async fn record_series(
        &self,
        tenant: TenantId,
        counts: &[(Series, u64)],
    ) -> Result<(), Error> {
        const DOING: &str = "record usage in the log";
        if counts.len() > MOST_COUNTS {
            let message = "record usage in the log: 1,024 counts at once are allowed";
            return Err(Error::invalid("counts", message));
        }
        let hour = Hour::current(&*self.0.clock);
        let entry = |(series, count): &(Series, u64)| {
            let count = (*count).min(Usage::MAX_COUNT);
            Entry { tenant, hour, series: series.clone(), count }
        };
        let (done, answer) = oneshot::channel();
        let order = Order::Record { entries: counts.iter().map(entry).collect(), done };
        let ended = || Error::new(ErrorKind::Unavailable, "record usage in the log: it has ended");
        self.0.orders.send(order).await.map_err(|_| ended())?;
        let answer = answer.await.map_err(|_| ended())?;
        answer.map_err(|source| Error::new(ErrorKind::Unavailable, DOING).with_source(source))
    }

    /// Brings everything that was recorded to the store, oldest first.
    ///
    /// # Errors
    ///
    /// The store's error. Everything that is not in stays in the log, and goes with the next
    /// call; newer files wait for older ones.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost or counted twice.
    pub async fn deliver(&self) -> Result<(), Error> {
        let _turn = self.0.delivering.lock().await;
        let (done, closed) = oneshot::channel();
        if self.0.orders.send(Order::Close { done }).await.is_ok() {
            // An error means that the thread has ended, and closed the file before.
            let _ = closed.await;
        }
        loop {
            let Some(oldest) = self.0.closed.lock().front().cloned() else { return Ok(()) };
            self.deliver_one(&oldest).await?;
            self.0.closed.lock().pop_front();
        }
    }

    /// Delivers again and again in a task, until the last handle of the log is gone.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn deliver_every(self, interval: Duration) -> Self {
        tokio::spawn(run(Arc::downgrade(&self.0), interval));
        self
    }

    /// Returns how many bytes wait in closed files: nothing, when all is well. It grows while the
    /// store is away.
    pub fn waiting_bytes(&self) -> u64 {
        self.0.closed.lock().iter().map(|segment| segment.bytes).sum()
    }

    async fn deliver_one(&self, segment: &ClosedSegment) -> Result<(), Error> {
        let reading = segment.clone();
        let batches = spawn_blocking(move || reading.batches()).await;
        let stopped = |_| Error::new(ErrorKind::Internal, "read the usage log: it was stopped");
        self.deliver_all(batches.map_err(stopped)??).await?;
        segment.remove()
    }

    /// Delivers the batches of one file, which are of different tenants.
    async fn deliver_all(&self, batches: Vec<UsageBatch>) -> Result<(), Error> {
        let (mut running, mut failure) = (JoinSet::new(), None);
        let mut batches = batches.into_iter();
        loop {
            while running.len() < AT_ONCE
                && let Some(batch) = batches.next()
            {
                let sink = self.0.sink.clone();
                running.spawn(async move { sink.deliver(&batch).await.map(drop) });
            }
            match running.join_next().await {
                None => return failure.map_or(Ok(()), Err),
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => failure = failure.or(Some(error)),
                Some(Err(_)) => {
                    let error = Error::new(ErrorKind::Internal, "deliver usage: the sink panicked");
                    failure = failure.or(Some(error));
                }
            }
        }
    }
}

async fn run(shared: Weak<Shared>, interval: Duration) {
    let mut failing = false;
    loop {
        tokio::time::sleep(interval).await;
        let Some(shared) = shared.upgrade() else { return };
        let log = UsageLog(shared);
        let delivered = log.deliver().await;
        metrics::gauge!("tenancy_usage_log_waiting_bytes").set(
            #[expect(clippy::cast_precision_loss, reason = "nobody reads it to the byte")]
            {
                log.waiting_bytes() as f64
            },
        );
        match &delivered {
            Err(error) if !failing => tracing::warn!(%error, "usage waits in its log"),
            Ok(()) if failing => tracing::info!("usage is delivered again"),
            _ => {}
        }
        failing = delivered.is_err();
    }
}

#[async_trait]
impl UsageMeter for UsageLog {
    /// When this returns, it is on the disk. See [`record_series`](UsageLog::record_series).
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        let counts: Vec<_> =
            counts.iter().map(|(meter, count)| (Series::from(meter.clone()), *count)).collect();
        self.record_series(tenant, &counts).await
    }

    /// Delivers first, so that everything is in.
    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        self.deliver().await?;
        self.0.meter.usage(tenant, month).await
    }
}

impl fmt::Debug for UsageLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageLog").finish_non_exhaustive()
    }
}
