//! What a reader's session leaves behind: nothing, whichever way it ends. Watched on the wire,
//! because a handle of the library names its own tenant and would not see another's.

use std::time::Duration;

use tenancy_sqlx::{Binding, TenantDb};
use tokio::time::timeout;

use crate::harness::{
    Database, Engine, Link, Note, address, count_notes, eventually, two_tenants, write_note,
};
use crate::isolation::cancellation::nothing_is_left;

/// A database behind a link that remembers what was sent.
struct Watched {
    database: Database,
    link: Link,
    url: String,
}

impl Watched {
    async fn create(delay: Duration) -> Self {
        let database = Database::create(Engine::Postgres).await;
        let server = address(database.url());
        let link = Link::to(server.clone(), delay).await;
        let url = database.url().replace(&server, &format!("127.0.0.1:{}", link.port()));
        Self { database, link, url }
    }

    async fn opened(&self) -> TenantDb {
        self.database.notes().await.close().await;
        let options = self.database.options().binding(Binding::Session).max_connections(1);
        options.connect(&self.url).await.expect("it answers")
    }

    /// Holds every connection against the rule: whoever named a tenant for the session takes it
    /// back before anything else is named or begun there, or nothing follows at all.
    ///
    /// Returns how often a tenant was named.
    fn require_cleared(&self) -> usize {
        const NAMED: &str = "SET tenancy.tenant_id = '";
        let mut named = 0;
        for sent in self.link.sent() {
            let text = String::from_utf8_lossy(&sent);
            for part in text.split(NAMED).skip(1) {
                named += 1;
                let next = ["BEGIN", "SET LOCAL tenancy"].iter().filter_map(|word| part.find(word));
                let cleared = part.find("RESET ALL");
                if let Some(next) = next.min() {
                    assert!(cleared.is_some_and(|at| at < next), "begun on a session of another");
                }
            }
            // Split by the naming: what stands before one must have been cleared too.
            let parts: Vec<_> = text.split(NAMED).collect();
            for part in parts.iter().skip(1).take(parts.len().saturating_sub(2)) {
                assert!(part.contains("RESET ALL"), "named on a session of another");
            }
        }
        named
    }
}

#[tokio::test]
async fn a_cancelled_reader_leaves_nothing() {
    let watched = Watched::create(Duration::from_millis(1)).await;
    let (db, others) = (watched.opened().await, watched.database.notes().await);
    nothing_is_left(&db, &others, &[]).await;
    others.close().await;
    let named = watched.require_cleared();
    assert!(named > 100, "too few sessions were looked at: {named}");
}

#[tokio::test]
async fn a_panicking_reader_leaves_nothing() {
    let watched = Watched::create(Duration::ZERO).await;
    let db = watched.opened().await;
    let (a, b) = two_tenants();
    write_note(&db, b, 1).await;
    for _ in 0..10 {
        let handler = {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.read(a);
                tx.repo::<Note>().count().await.expect("a count");
                panic!("a fault in a handler");
            })
        };
        assert!(handler.await.is_err());
        write_note(&db, a, 1).await;
        assert_eq!(count_notes(&db, b).await, 1);
        assert!(db.tenant(a).repo::<Note>().exists(Note::ID.eq(1)).await.expect("a read"));
        let mut tx = db.tenant(a);
        assert!(tx.repo::<Note>().delete(&1).await.expect("deleted"));
        tx.commit().await.expect("committed");
    }
    db.close().await;
    assert!(watched.require_cleared() >= 20);
}

/// A statement goes on at the server when its reader is gone; the connection waits for its end.
#[tokio::test]
async fn a_statement_that_goes_on_keeps_its_session() {
    let watched = Watched::create(Duration::ZERO).await;
    let db = watched.opened().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    write_note(&db, b, 1).await;
    let mut admin = watched.database.admin().await;
    for _ in 0..3 {
        admin.run("BEGIN; LOCK TABLE notes").await;
        let mut tx = db.read(a);
        let mut notes = tx.repo::<Note>();
        timeout(Duration::from_millis(30), notes.count()).await.expect_err("it waits for the lock");
        drop(tx);
        let mut next = tokio::spawn({
            let db = db.clone();
            async move { count_notes(&db, b).await }
        });
        let waits = timeout(Duration::from_millis(30), &mut next).await;
        waits.expect_err("it waits for the connection");
        admin.run("COMMIT").await;
        assert_eq!(next.await.expect("it ends"), 1);
    }
    db.close().await;
    watched.require_cleared();
}

/// The connection breaks while its session is taken back: nobody gets it.
#[tokio::test]
async fn a_connection_that_cannot_be_cleared_is_closed() {
    const OPEN: &str = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'tenancy_test'";
    let watched = Watched::create(Duration::ZERO).await;
    let db = watched.opened().await;
    let (a, b) = two_tenants();
    write_note(&db, a, 1).await;
    let mut admin = watched.database.admin().await;
    for _ in 0..3 {
        let mut tx = db.read(a);
        assert_eq!(tx.repo::<Note>().count().await.expect("a count"), 1);
        let before = watched.link.sent().len();
        watched.link.hang_answers();
        drop(tx);
        watched.link.cut();
        eventually("it is closed", async || admin.count(OPEN).await == 0).await;
        watched.link.mend();
        assert_eq!(count_notes(&db, b).await, 0);
        assert_eq!(watched.link.sent().len(), before + 1, "another connection");
    }
    db.close().await;
    watched.require_cleared();
}
