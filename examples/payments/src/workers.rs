use std::time::Duration;

use kit::inbound::{Applier, INBOUND};
use kit::jobs::{Handlers, Runner};
use kit::webhooks::{DELIVER, Publisher, REPLAY};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{App, Backends};
use crate::inbound::OnPayments;
use crate::platform::tenants::purge;

/// What goes on beside requests: events are published, jobs are done, and tenants whose
/// time is over go.
pub(crate) struct Workers {
    publisher: JoinHandle<()>,
    runner: JoinHandle<()>,
    keys: JoinHandle<()>,
    purge: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Workers {
    pub(crate) fn start(app: &App) -> Self {
        let Backends { db, directory, jobs, inbound, webhooks, demo_clock, .. } = app.backends();
        let applier = Applier::new(inbound.clone(), OnPayments(app.clone()));
        let handlers = Handlers::default()
            .with(INBOUND, applier)
            .with(DELIVER, webhooks.clone())
            .with(REPLAY, webhooks.replays());
        let publisher = Publisher::new(webhooks.clone(), db.clone(), directory.clone());
        let runner = Runner::new(jobs.clone(), db.clone(), directory.clone(), handlers);
        let (stop, stopped) = watch::channel(false);
        let moved = demo_clock.as_ref().map(kit::DemoClock::moves);
        Self {
            publisher: tokio::spawn(publisher.run()),
            keys: tokio::spawn(app.tokens().clone().follow()),
            runner: tokio::spawn(runner.run(stopped, moved)),
            purge: tokio::spawn(purge::run(app.clone())),
            stop,
        }
    }

    /// Finishes the jobs that were begun. What is not done by then is done by whoever comes next.
    pub(crate) async fn stop(self, grace: Duration) {
        self.publisher.abort();
        self.keys.abort();
        // It may be stopped anywhere: the next one goes on.
        self.purge.abort();
        self.stop.send_replace(true);
        if tokio::time::timeout(grace, self.runner).await.is_err() {
            tracing::warn!(after = ?grace, "stopped with jobs that were begun");
        }
    }
}
