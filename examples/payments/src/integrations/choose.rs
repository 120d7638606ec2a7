use std::time::Duration;

use tenancy_core::{List, Problem};
use tenancy_sqlx::TenantTx;

use super::connection::ConnectionState;
use super::{Connection, Link};
use crate::app::App;
use crate::ids::ConnectionId;

/// The most connections that are looked at.
const MOST: u16 = 50;

/// Returns the first connection, by priority, that is not known to be away; the simulator for a
/// tenant that has none. `except` have been asked already.
///
/// # Errors
///
/// 503 `provider_unavailable` when no connection can be asked now.
pub(crate) async fn choose(
    app: &App,
    tx: &mut TenantTx,
    except: &[ConnectionId],
) -> Result<Link, Problem> {
    let active = List::oldest(MOST)
        .filter(Connection::STATE.eq(ConnectionState::Active))
        .order_by(Connection::PRIORITY.asc());
    let connections = tx.repo::<Connection>().list(active).await?.items;
    if connections.is_empty() && except.is_empty() {
        return Ok(Link::simulator(app));
    }
    let now = app.now();
    let is_usable = |connection: &&Connection| {
        !except.contains(&connection.id)
            && app.integrations().guard(connection).admits(connection.breaker, now)
    };
    let chosen = connections.iter().find(is_usable).ok_or_else(unavailable)?;
    Link::of(app, chosen)
}

fn unavailable() -> Problem {
    Problem::new(503, "provider_unavailable", "No payment provider can be asked now")
        .with_retry_after(Duration::from_secs(30))
}
