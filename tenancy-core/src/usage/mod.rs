//! How much a tenant has used: counts per tenant and calendar month, in UTC.
//!
//! | to | look at |
//! | --- | --- |
//! | count [`Meter`]s, such as calls or bytes, and read the counts | [`UsageMeter`] |
//! | count in nanoseconds what may lose a second | [`UsageRecorder`] |
//! | count what is billed, and lose nothing | [`UsageLog`] |
//! | keep counts that were summed up elsewhere | [`UsageSink`] |
//! | keep a tenant within its plan | [`QuotaMeter`], [`QuotaRule`] |
//! | show how far it is | [`UsageSummary`], [`Used`] |
//! | hear of it in time | [`QuotaWatch`], [`AnomalyWatch`] |
//! | hold a fast copy against the truth | [`Reconciler`] |

mod adjustment;
mod alert;
mod anomaly;
mod arrival;
mod batch;
mod dimension;
mod event;
mod gauge;
mod history;
mod hour;
mod log;
mod memory;
mod meter;
mod mirrored;
mod month;
mod quota;
mod quota_memory;
mod quota_rule;
mod quota_watch;
mod reconciler;
mod recorder;
mod series;
mod sink;
mod summary;
mod totals;
mod usage_meter;
mod used;

pub use adjustment::Adjustment;
pub use alert::{AlertLog, MemoryAlertLog, UsageAlert};
pub use anomaly::{AnomalyRule, AnomalyWatch, Unusual};
pub use arrival::Arrival;
pub use batch::{BatchId, UsageBatch};
pub use dimension::Dimension;
pub use event::UsageEvent;
pub use gauge::Gauge;
pub use history::UsageHistory;
pub use hour::Hour;
pub use log::UsageLog;
pub use memory::MemoryUsageMeter;
pub use meter::Meter;
pub use mirrored::MirroredMeter;
pub use month::Month;
pub use quota::{Exceeded, QuotaMeter, Reservation, Reserved};
pub use quota_memory::MemoryQuotaMeter;
pub use quota_rule::QuotaRule;
pub use quota_watch::QuotaWatch;
pub use reconciler::{Difference, Drift, Reconciler, TruthSource, UsageMirror, UsageTruth};
pub use recorder::{UsageCounter, UsageRecorder};
pub use series::Series;
pub use sink::{Delivered, UsageSink};
pub use summary::{SummaryLine, UsageSummary};
pub use totals::Usage;
pub use usage_meter::UsageMeter;
pub use used::{Percent, Used};
