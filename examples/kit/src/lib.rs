//! What both platforms share: strict request bodies and queries, refusals, pages' headers, ids,
//! the audit log, events, jobs, webhooks out and in, a clock to move, documentation, logs, and
//! serving until told to stop.

pub mod audit;
mod clock;
mod deadline;
pub mod dns;
mod docs;
mod etag;
pub mod events;
mod fallback;
mod headers;
pub mod identity;
#[doc(hidden)]
pub mod ids;
pub mod inbound;
pub mod jobs;
mod json;
mod list;
mod logs;
mod mask;
mod network;
pub mod notifications;
pub mod outbound;
mod page_query;
mod panics;
mod peer_addr;
mod problem_body;
pub mod resilience;
mod sealed;
mod serve;
mod trace;
pub mod webhooks;

pub use clock::{DemoClock, OperatorKey, clock_router};
pub use deadline::within;
pub use docs::docs;
pub use etag::{IfMatch, etag};
pub use fallback::{method_not_allowed, no_such_route};
pub use headers::{no_store, security_headers};
pub use ids::{PathId, missing};
pub use json::Json;
pub use list::List;
pub use logs::start_logs;
pub use mask::mask_for_others;
pub use network::Network;
pub use page_query::{PageParams, PageQuery};
pub use panics::catch_panics;
pub use peer_addr::peer_addr;
pub use problem_body::ProblemBody;
pub use sealed::Sealer;
pub use serve::{serve, stop_signal};
pub use trace::trace_requests;
