//! Adding to a chain: under the lock of its head, so that it never forks.

use std::collections::HashSet;
use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::audit::{AuditEvent, ChainHead, ChainedEvent};
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{Error, ErrorKind, TenantId};
use uuid::Uuid;

use super::row::{self, columns};
use crate::TenantDb;
use crate::backend::{Access, Backend, Connection};

const DOING: &str = "append audit events";
/// Rows of one statement: few sizes, so that few statements are prepared.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// Appends those of a tenant's events that are not in yet.
pub(super) async fn append(
    db: &TenantDb,
    tenant: TenantId,
    events: &[&AuditEvent],
) -> Result<(), Error> {
    let mut connection = db.begin_tenant(tenant, Access::ReadWrite).await?;
    let head = lock(&mut connection, db.backend(), tenant).await?;
    let mut known = known(&mut connection, tenant, events).await?;
    let new = events.iter().filter(|event| known.insert(event.id()));
    let mut entries: Vec<ChainedEvent> = Vec::with_capacity(events.len());
    for event in new {
        let last = entries.last().map_or(head, ChainedEvent::head);
        entries.push(last.link((*event).clone())?);
    }
    let Some(last) = entries.last().map(ChainedEvent::head) else {
        return connection.rollback().await;
    };
    insert(&mut connection, &entries).await?;
    advance(&mut connection, last).await?;
    connection.commit().await
}

/// Locks the head of a chain until the transaction ends, and reads it.
async fn lock(
    connection: &mut Connection,
    backend: Backend,
    tenant: TenantId,
) -> Result<ChainHead, Error> {
    let sql = match backend {
        Backend::MySql | Backend::Postgres => {
            "SELECT sequence, hash FROM tenancy_audit_heads WHERE tenant_id = $1 FOR UPDATE"
        }
        // Its transaction holds the lock of the whole file.
        Backend::Sqlite => "SELECT sequence, hash FROM tenancy_audit_heads WHERE tenant_id = $1",
    };
    let read = |row: &mut dyn Row| row::head(tenant, row);
    let values = || vec![tenant.to_value()];
    let found = connection.fetch(DOING, sql.into_sql_str(), values(), read).await?;
    if let Some(head) = found.into_iter().next() {
        return Ok(head);
    }
    // Others may be first: then this waits for them, and theirs is what the second look finds.
    let begin = match backend {
        // The row as it is: that takes the lock which the second look wants. INSERT IGNORE would
        // take a weaker one, and two who wait with it for the stronger one would deadlock.
        Backend::MySql => {
            "INSERT INTO tenancy_audit_heads (tenant_id, sequence, hash) VALUES ($1, 0, $2)
             ON DUPLICATE KEY UPDATE sequence = sequence"
        }
        Backend::Postgres | Backend::Sqlite => {
            "INSERT INTO tenancy_audit_heads (tenant_id, sequence, hash) VALUES ($1, 0, $2)
             ON CONFLICT (tenant_id) DO NOTHING"
        }
    };
    let genesis = ChainHead::genesis(tenant).hash().as_bytes().to_vec().to_value();
    connection.execute(DOING, begin.into_sql_str(), vec![tenant.to_value(), genesis]).await?;
    let found = connection.fetch(DOING, sql.into_sql_str(), values(), read).await?;
    found.into_iter().next().ok_or_else(|| {
        Error::new(ErrorKind::Internal, "append audit events: the chain has no head")
    })
}

/// Returns which of the events are in already.
async fn known(
    connection: &mut Connection,
    tenant: TenantId,
    events: &[&AuditEvent],
) -> Result<HashSet<Uuid>, Error> {
    let mut known = HashSet::new();
    let mut rest = events;
    while let Some(size) = size_for(rest.len()) {
        let (some, others) = rest.split_at(size);
        rest = others;
        let marks: Vec<_> = (0..size).map(|at| format!("${}", at + 2)).collect();
        let sql = format!(
            "SELECT id FROM tenancy_audit_events WHERE tenant_id = $1 AND id IN ({})",
            marks.join(", "),
        );
        let mut values = vec![tenant.to_value()];
        values.extend(some.iter().map(|event| event.id().to_value()));
        let read = |row: &mut dyn Row| Uuid::from_value(row.take(0, Kind::Uuid)?);
        known.extend(connection.fetch(DOING, text(sql), values, read).await?);
    }
    Ok(known)
}

async fn insert(connection: &mut Connection, entries: &[ChainedEvent]) -> Result<(), Error> {
    let mut rest = entries;
    while let Some(size) = size_for(rest.len()) {
        let (some, others) = rest.split_at(size);
        rest = others;
        let mut values = Vec::with_capacity(size * row::KINDS.len());
        for entry in some {
            values.extend(row::values(entry)?);
        }
        connection.execute(DOING, text(insert_sql(size)), values).await?;
    }
    Ok(())
}

fn insert_sql(rows: usize) -> String {
    let mut sql = concat!("INSERT INTO tenancy_audit_events (", columns!(), ") VALUES ").to_owned();
    let columns = row::KINDS.len();
    for row in 0..rows {
        for column in 0..columns {
            let before = match (row, column) {
                (0, 0) => "(",
                (_, 0) => "), (",
                _ => ", ",
            };
            // Writing to a String does not fail.
            let _ = write!(sql, "{before}${}", row * columns + column + 1);
        }
    }
    sql + ")"
}

async fn advance(connection: &mut Connection, head: ChainHead) -> Result<(), Error> {
    let sql = "UPDATE tenancy_audit_heads SET sequence = $2, hash = $3 WHERE tenant_id = $1";
    let hash = head.hash().as_bytes().to_vec().to_value();
    let values = vec![head.tenant().to_value(), row::number(head.sequence())?, hash];
    connection.execute(DOING, sql.into_sql_str(), values).await.map(drop)
}

fn size_for(rows: usize) -> Option<usize> {
    SIZES.into_iter().find(|size| *size <= rows)
}

/// Column names and the numbers of placeholders: nothing in here comes from outside.
fn text(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}
