use std::time::Duration;

use async_trait::async_trait;
use std::sync::Arc;
use tenancy_core::{BusEvent, Error, Invalidation, InvalidationBus, TenantKey};
use tokio::sync::broadcast::{Receiver, Sender, WeakSender};
use tokio::time::{sleep, timeout};

use crate::RedisStore;
use crate::failure::{Cause, Failure};
use crate::keys::INVALIDATIONS;
use crate::request::Request;
use crate::transport::Subscription;

/// Carries what changed in a directory to all nodes, over publish and subscribe of Redis.
///
/// A connection of its own listens; it is asked each second whether it is still there. After
/// each connection, the first one too, nodes hear a [`Gap`](BusEvent::Gap): Redis keeps no
/// message for who is not there. Messages hold ids, names and hashes, and no secret.
///
/// ```no_run
/// use std::sync::Arc;
/// use std::time::Duration;
/// use tenancy_core::{CacheOptions, CachedDirectory, MemoryDirectory};
/// use tenancy_redis::{RedisInvalidationBus, RedisOptions, RedisStore};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let store = RedisStore::open("redis://127.0.0.1:6379", RedisOptions::new())?;
/// let bus = Arc::new(RedisInvalidationBus::open(store));
/// let directory = CachedDirectory::new(MemoryDirectory::new(), CacheOptions::new())
///     .follow(Some(bus), Duration::from_millis(500));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct RedisInvalidationBus {
    store: RedisStore,
    events: Sender<BusEvent>,
}

impl RedisInvalidationBus {
    /// Begins to listen, in a task that ends when the bus is dropped.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn open(store: RedisStore) -> Self {
        let events = Sender::new(1_024);
        tokio::spawn(listen(store.clone(), events.downgrade()));
        Self { store, events }
    }
}

#[async_trait]
impl InvalidationBus for RedisInvalidationBus {
    async fn publish(&self, invalidation: &Invalidation) -> Result<(), Error> {
        let mut request = Request::command("PUBLISH");
        request.arg(INVALIDATIONS).arg(to_text(invalidation));
        let sent = self.store.send(&request).await;
        sent.map(drop).map_err(|failure| failure.into_error("publish a change of the directory"))
    }

    fn subscribe(&self) -> Receiver<BusEvent> {
        self.events.subscribe()
    }
}

/// How long nothing need be heard before Redis is asked whether it is there, and how long it may
/// take to say so.
const PATIENCE: Duration = Duration::from_secs(1);

/// Listens, over one connection after the other, until nobody does.
async fn listen(store: RedisStore, events: WeakSender<BusEvent>) {
    let mut pause = store.options().retry_after;
    while events.strong_count() > 0 {
        match store.subscribe(INVALIDATIONS).await {
            Ok(subscription) => {
                pause = store.options().retry_after;
                let Err(failure) = hear(subscription, &events).await else { return };
                tracing::warn!(error = %failure, "changes of the directory are not heard");
            }
            Err(failure) => tracing::debug!(error = %failure, "redis is not there to listen to"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(store.options().retry_after_at_most);
    }
}

/// Hears until the connection is lost, or until nobody listens any more.
async fn hear(
    mut subscription: Subscription,
    events: &WeakSender<BusEvent>,
) -> Result<(), Failure> {
    let tell = |event| match events.upgrade() {
        // An error means that nobody listens at the moment.
        Some(events) => events.send(event).map_or(true, |_| true),
        None => false,
    };
    // What was published before is lost.
    let mut goes_on = tell(BusEvent::Gap);
    while goes_on {
        goes_on = match timeout(PATIENCE, subscription.next()).await {
            Ok(Some(text)) => tell(from_text(&text).map_or_else(
                || {
                    tracing::warn!("a message about a change of the directory is malformed");
                    BusEvent::Gap
                },
                |invalidation| BusEvent::Invalidated(Arc::new(invalidation)),
            )),
            Ok(None) => return Err(Failure::Lost(Cause::new("it was closed"))),
            Err(_) => {
                let alive = timeout(PATIENCE, subscription.ping()).await;
                alive.unwrap_or(Err(Failure::Late(PATIENCE)))?;
                events.strong_count() > 0
            }
        };
    }
    Ok(())
}

/// The form of messages: its version, then the tenant, the tenant's version and the keys.
fn to_text(Invalidation { tenant, version, keys }: &Invalidation) -> String {
    keys.iter().fold(format!("1 {tenant} {version}"), |text, key| text + " " + &key.to_tagged())
}

fn from_text(text: &[u8]) -> Option<Invalidation> {
    let mut words = std::str::from_utf8(text).ok()?.split(' ');
    if words.next()? != "1" {
        return None;
    }
    let tenant = words.next()?.parse().ok()?;
    let version = words.next()?.parse().ok()?;
    let keys = words.map(TenantKey::from_tagged).collect::<Result<_, _>>().ok()?;
    Some(Invalidation { tenant, version, keys })
}

#[cfg(test)]
mod tests {
    use tenancy_core::{ApiKeySecret, Host, SessionSecret, TenantId, TenantSlug};

    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let keys = vec![
            TenantKey::Id(TenantId::generate()),
            TenantKey::Slug(TenantSlug::parse("north").expect("a slug")),
            TenantKey::Domain(Host::parse_name("pay.north.example").expect("a name")),
            TenantKey::ApiKeyHash(ApiKeySecret::generate("k").expect("a key").hash()),
            TenantKey::SessionHash(SessionSecret::generate("s").expect("a session").hash()),
        ];
        for keys in [keys, Vec::new()] {
            let sent = Invalidation { tenant: TenantId::generate(), version: 7, keys };
            assert_eq!(from_text(to_text(&sent).as_bytes()), Some(sent));
        }
    }

    #[test]
    fn what_is_malformed_is_not_read() {
        let id = TenantId::generate();
        let texts = [
            String::new(),
            "1".to_owned(),
            format!("2 {id} 1"),
            format!("1 {id}"),
            format!("1 {id} x"),
            format!("1 {id} 1 "),
            format!("1 {id} 1 slug:No"),
            "1 north 1".to_owned(),
        ];
        for text in texts {
            assert_eq!(from_text(text.as_bytes()), None, "{text}");
        }
        assert_eq!(from_text(&[0xff]), None);
    }
}
