use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;
use tenancy_core::{Error, ErrorKind, TenantId};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::{Event, EventId};

/// Takes events down, in the transaction of what they tell of. Clones are the same outbox.
#[derive(Debug, Clone)]
pub struct Outbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    api_version: &'static str,
    /// Tenants with events that this process has written and nobody has published.
    written: Mutex<BTreeSet<TenantId>>,
    wake: Notify,
}

/// An object that events tell of.
pub trait Subject {
    /// The object as the API shows it.
    type View: Serialize;

    /// Returns what has happened to it, such as `payment.succeeded`.
    fn event_kind(&self) -> Cow<'static, str>;

    /// Returns what receivers see of it.
    fn event_view(&self) -> Self::View;
}

impl Outbox {
    /// Makes one whose events are written in a version of the API.
    pub fn new(api_version: &'static str) -> Self {
        Self(Arc::new(Inner { api_version, written: Mutex::default(), wake: Notify::new() }))
    }

    /// Writes what has happened to an object down. It is published once the transaction is in.
    ///
    /// # Errors
    ///
    /// Those of the database: the change it tells of must not be committed without it.
    pub async fn emit(
        &self,
        tx: &mut TenantTx,
        subject: &impl Subject,
        now: OffsetDateTime,
    ) -> Result<EventId, Error> {
        self.emit_as(tx, &subject.event_kind(), &subject.event_view(), now).await
    }

    /// Writes an event of a kind down, with what receivers see.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] for a kind that is not of the form `payment.succeeded`, and those of
    /// [`emit`](Self::emit).
    pub async fn emit_as(
        &self,
        tx: &mut TenantTx,
        kind: &str,
        data: &impl Serialize,
        now: OffsetDateTime,
    ) -> Result<EventId, Error> {
        let id = self.write(tx, kind, data, now, None).await?;
        let (outbox, tenant) = (self.clone(), tx.tenant());
        tx.after_commit(move || outbox.note(tenant));
        Ok(id)
    }

    /// The same for one that is not for all who listen: it is not published.
    ///
    /// # Errors
    ///
    /// Those of [`emit_as`](Self::emit_as).
    pub async fn emit_published(
        &self,
        tx: &mut TenantTx,
        kind: &str,
        data: &impl Serialize,
        now: OffsetDateTime,
    ) -> Result<EventId, Error> {
        self.write(tx, kind, data, now, Some(now)).await
    }

    async fn write(
        &self,
        tx: &mut TenantTx,
        kind: &str,
        data: &impl Serialize,
        now: OffsetDateTime,
        published_at: Option<OffsetDateTime>,
    ) -> Result<EventId, Error> {
        if !is_kind(kind) {
            return Err(Error::new(ErrorKind::Internal, "write an event: its kind is malformed"));
        }
        let data = serde_json::to_string(data).map_err(|source| {
            Error::new(ErrorKind::Internal, "write an event as JSON").with_source(source)
        })?;
        let (id, tenant_id) = (EventId::generate(), tx.tenant());
        let event = Event {
            id,
            tenant_id,
            kind: kind.to_owned(),
            api_version: self.0.api_version.to_owned(),
            data,
            created_at: now,
            published_at,
        };
        tx.repo::<Event>().insert(event).await?;
        Ok(id)
    }

    /// Says that a tenant may have events to publish.
    pub fn note(&self, tenant: TenantId) {
        self.written().insert(tenant);
        self.0.wake.notify_one();
    }

    /// Waits until tenants have events to publish, and returns them.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn noted(&self) -> BTreeSet<TenantId> {
        loop {
            let tenants = std::mem::take(&mut *self.written());
            if !tenants.is_empty() {
                return tenants;
            }
            self.0.wake.notified().await;
        }
    }

    fn written(&self) -> MutexGuard<'_, BTreeSet<TenantId>> {
        self.0.written.lock().expect("no code panics while it holds this lock")
    }
}

/// Two words or more of lower-case letters, digits and `_`, with dots between.
fn is_kind(kind: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    kind.len() <= 100 && kind.contains('.') && kind.split('.').all(is_word)
}

#[cfg(test)]
mod tests {
    use tenancy_sqlx::TenantDb;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-01 12:00 UTC);

    async fn db() -> TenantDb {
        let db = TenantDb::options().register::<Event>();
        let db = db.connect("sqlite::memory:").await.unwrap();
        db.migrate(&[super::super::migration(1)]).await.unwrap();
        db
    }

    #[test]
    fn kinds_are_words_with_dots() {
        for good in ["payment.succeeded", "webhook_endpoint.disabled", "a.b.c"] {
            assert!(is_kind(good), "{good}");
        }
        for bad in ["", "payment", ".", "payment.", ".a", "a..b", "Payment.made", "a.b c", "a.é"] {
            assert!(!is_kind(bad), "{bad}");
        }
        assert!(!is_kind(&format!("a.{}", "b".repeat(99))));
    }

    #[tokio::test]
    async fn an_event_is_in_with_its_transaction_or_not_at_all() {
        let (db, outbox) = (db().await, Outbox::new("v1"));
        let (harbor, summit) = (TenantId::generate(), TenantId::generate());
        for tenant in [harbor, summit] {
            let mut tx = db.tenant(tenant);
            outbox.emit_as(&mut tx, "bill.paid", &1, NOW).await.unwrap();
            assert_eq!(
                outbox.emit_as(&mut tx, "bad", &1, NOW).await.unwrap_err().kind(),
                ErrorKind::Internal
            );
            if tenant == harbor { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
        }
        assert_eq!(outbox.noted().await, BTreeSet::from([harbor]));
        assert_eq!(db.read(harbor).repo::<Event>().count().await.unwrap(), 1);
        assert_eq!(db.read(summit).repo::<Event>().count().await.unwrap(), 0);
        let waits = tokio::time::timeout(std::time::Duration::ZERO, outbox.noted()).await;
        assert!(waits.is_err(), "nobody is noted twice");
    }

    #[tokio::test]
    async fn an_event_does_not_change() {
        let (db, outbox) = (db().await, Outbox::new("v1"));
        let tenants = [TenantId::generate(), TenantId::generate()];
        for tenant in tenants {
            let mut tx = db.tenant(tenant);
            let id = outbox.emit_as(&mut tx, "bill.paid", &1, NOW).await.unwrap();
            tx.commit().await.unwrap();
            let publish = [Event::PUBLISHED_AT.set(Some(NOW))];
            let mut tx = db.tenant(tenant);
            assert!(
                tx.repo::<Event>().patch(&id, [Event::DATA.set("2".to_owned())]).await.is_err()
            );
            drop(tx);
            let mut tx = db.tenant(tenant);
            tx.repo::<Event>().patch(&id, publish).await.unwrap();
            tx.commit().await.unwrap();
            let again = [Event::PUBLISHED_AT.set(Some(NOW))];
            assert!(db.tenant(tenant).repo::<Event>().patch(&id, again).await.is_err());
        }
    }
}
