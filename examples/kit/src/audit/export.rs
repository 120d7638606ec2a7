use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_core::Stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use tenancy_core::audit::{AuditLog, ChainBreak, ChainedEvent};
use tenancy_core::{Error, TenantId};

use super::AuditEntryView;

/// Sends a tenant's whole log as lines of JSON, the oldest entry first, as evidence: each line has its
/// own hash and that of the line before.
///
/// It is read page by page while it is sent. What cannot be read ends the answer with an error, and
/// not like a log that is complete.
pub fn export(log: Arc<dyn AuditLog>, tenant: TenantId) -> Response {
    let lines = Lines { log, tenant, after: 0, ready: VecDeque::new(), page: None };
    let mut response = Response::new(Body::from_stream(lines));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    let file = HeaderValue::from_static("attachment; filename=\"audit.ndjson\"");
    headers.insert(CONTENT_DISPOSITION, file);
    response
}

type Page = Result<Vec<Result<ChainedEvent, ChainBreak>>, Error>;

struct Lines {
    log: Arc<dyn AuditLog>,
    tenant: TenantId,
    after: u64,
    ready: VecDeque<Bytes>,
    page: Option<Pin<Box<dyn Future<Output = Page> + Send>>>,
}

impl Lines {
    const AT_ONCE: u32 = 500;

    fn ask(&self) -> Pin<Box<dyn Future<Output = Page> + Send>> {
        let (log, tenant, after) = (self.log.clone(), self.tenant, self.after);
        Box::pin(async move { log.entries(tenant, after, Self::AT_ONCE).await })
    }

    fn take(&mut self, page: Page) -> io::Result<()> {
        for entry in page.map_err(io::Error::other)? {
            let entry = entry.map_err(|broken| io::Error::other(broken.to_string()))?;
            self.after = entry.sequence();
            let mut line = serde_json::to_vec(&AuditEntryView::from(&entry))?;
            line.push(b'\n');
            self.ready.push_back(line.into());
        }
        Ok(())
    }
}

impl Stream for Lines {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let lines = self.get_mut();
        if let Some(line) = lines.ready.pop_front() {
            return Poll::Ready(Some(Ok(line)));
        }
        let mut page = lines.page.take().unwrap_or_else(|| lines.ask());
        match page.as_mut().poll(context) {
            Poll::Pending => {
                lines.page = Some(page);
                Poll::Pending
            }
            Poll::Ready(page) => Poll::Ready(match lines.take(page) {
                Ok(()) => lines.ready.pop_front().map(Ok),
                Err(error) => Some(Err(error)),
            }),
        }
    }
}
