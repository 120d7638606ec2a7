//! The task that looks where the slots are, until all is well.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::guide::{Cluster, Known};
use super::map::Map;
use super::view::View;
use crate::failure::Failure;
use crate::node::{Wait, spread};
use crate::request::Request;
use crate::transport::{Asking, Endpoint};

/// Has a task look, unless one does already.
pub(super) fn look(cluster: &Arc<Cluster>) {
    if !cluster.is_kept.swap(true, Ordering::AcqRel) {
        tokio::spawn(keep(Arc::downgrade(cluster)));
    }
}

/// Looks until every slot has an owner that is not away, or nobody needs it.
async fn keep(cluster: Weak<Cluster>) {
    let _kept = Kept(cluster.clone());
    let mut pause = Duration::ZERO;
    loop {
        sleep(spread(pause)).await;
        let Some(cluster) = cluster.upgrade() else { return };
        let is_well = cluster.look_once().await;
        if is_well {
            return;
        }
        let options = &cluster.options;
        pause = (pause * 2).clamp(options.retry_after, options.retry_after_at_most);
    }
}

/// A task looks as long as it lives. It may end because its runtime does.
struct Kept(Weak<Cluster>);

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(cluster) = self.0.upgrade() {
            cluster.is_kept.store(false, Ordering::Release);
        }
    }
}

impl Cluster {
    /// Asks one server after the other, until one tells; returns whether all is well.
    async fn look_once(&self) -> bool {
        let map = match &*self.known.borrow() {
            Known::Map(map) => map.clone(),
            Known::Nothing | Known::Away => Arc::default(),
        };
        let Some((view, told_by)) = self.ask_anyone(&map).await else {
            tracing::warn!(redis.cluster = ?self, "no server of the cluster of redis answers");
            self.nobody_told();
            return false;
        };
        let mut is_well = false;
        self.known.send_modify(|known| {
            // Another answer may have changed it in the meantime.
            let map = match known {
                Known::Map(map) => map.after(&view, &told_by, &self.options),
                Known::Nothing | Known::Away => map.after(&view, &told_by, &self.options),
            };
            is_well = map.is_well();
            *known = Known::Map(Arc::new(map));
        });
        is_well
    }

    async fn ask_anyone(&self, map: &Map) -> Option<(View, Endpoint)> {
        // Those that are connected answer the soonest.
        for node in map.nodes().iter().filter(|node| node.is_up()) {
            let limit = self.options.deadline;
            let until = Instant::now() + limit;
            let Ok(live) = node.live(until, Wait::ForTheFirst).await else { continue };
            let request = question();
            let answer = node.send_over(live, &request, Asking::No, until, limit).await;
            if let Some(view) = answer.and_then(read).ok().flatten() {
                return Some((view, node.endpoint().clone()));
            }
        }
        let others = map.addresses.iter().filter_map(|address| self.seeds[0].at(address));
        for endpoint in others.chain(self.seeds.iter().cloned()) {
            let asked = timeout(self.options.connect_timeout, ask(&endpoint)).await;
            if let Ok(Ok(Some(view))) = asked {
                return Some((view, endpoint));
            }
        }
        None
    }
}

fn question() -> Request {
    let mut request = Request::command("CLUSTER");
    request.arg("NODES");
    request
}

async fn ask(endpoint: &Endpoint) -> Result<Option<View>, Failure> {
    let mut connection = endpoint.connect_plainly().await?;
    read(connection.send(&question(), Asking::No).await?)
}

/// Reads an answer; a server that was forgotten knows of no slots.
fn read(reply: crate::request::Reply) -> Result<Option<View>, Failure> {
    let view = View::parse(&reply.text()?);
    Ok(Some(view).filter(|view| !view.primaries.is_empty()))
}
