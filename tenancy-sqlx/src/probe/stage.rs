//! Where a probe plays: its connections, its two tenants, and what it looks at by itself.

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::entity::{FromValue as _, Kind, Row, Table, ToValue as _, Value};
use tenancy_core::{Error, TenantId};

use crate::TenantDb;
use crate::backend::{Access, Backend, Connection};
use crate::binding::Binding;
use crate::handle::TenantTx;
use crate::ident::quote;
use crate::pool::Seats;

const DOING: &str = "probe a table";

/// Connections and tenants.
pub(super) struct Stage {
    /// No check of the place comes before a transaction of it, and it tells no auditor.
    pub(super) db: TenantDb,
    pub(super) tenants: [TenantId; 2],
}

/// Who reaches for whose rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) attacker: TenantId,
    pub(super) victim: TenantId,
}

impl Stage {
    /// Both ways round.
    pub(super) fn pairs(&self) -> [Pair; 2] {
        let [one, other] = self.tenants;
        [Pair { attacker: one, victim: other }, Pair { attacker: other, victim: one }]
    }

    pub(super) fn backend(&self) -> Backend {
        self.db.backend()
    }

    /// Whether the database learns the tenant and guards its rows.
    pub(super) fn is_guarded(&self) -> bool {
        self.backend() == Backend::Postgres && self.db.options_in_use().binding != Binding::None
    }

    pub(super) fn seats(&self) -> &Seats {
        self.db.seats().expect("a stage has seats")
    }

    /// Begins a transaction where `tenant` is, for whom the database is told.
    pub(super) async fn begin(
        &self,
        tenant: TenantId,
        bound: Option<TenantId>,
        access: Access,
    ) -> Result<Connection, Error> {
        self.seats().begin(tenant, bound, access, self.db.options_in_use()).await
    }

    /// A handle of the attacker whose database was told that it works for the victim: the predicate
    /// is all that stands between.
    pub(super) async fn bound_to_victim(&self, pair: Pair) -> Result<TenantTx, Error> {
        let begin = self.begin(pair.attacker, Some(pair.victim), Access::ReadWrite);
        Ok(TenantTx::begun_by_probe(self.db.clone(), pair.attacker, begin.await?))
    }

    /// Reads a row by its key as its owner does, past the repository.
    pub(super) async fn look(
        &self,
        table: &Table,
        owner: TenantId,
        key: &Value,
    ) -> Result<Option<Vec<Value>>, Error> {
        let names: Vec<_> = table.columns().iter().map(|column| quote(column.name())).collect();
        let sql = text(format!("SELECT {} FROM {}", names.join(", "), of_row(table)));
        let read = |row: &mut dyn Row| {
            let columns = table.columns().iter().enumerate();
            columns.map(|(at, column)| row.take(at, column.kind())).collect::<Result<Vec<_>, _>>()
        };
        let mut connection = self.begin(owner, Some(owner), Access::ReadOnly).await?;
        let values = vec![owner.to_value(), key.clone()];
        let mut rows = connection.fetch(DOING, sql, values, read).await?;
        connection.rollback().await?;
        Ok(rows.pop())
    }

    /// Counts the rows of a tenant as that tenant does, past the repository.
    pub(super) async fn count(&self, table: &Table, owner: TenantId) -> Result<i64, Error> {
        let sql = text(format!(
            "SELECT count(*) FROM {} WHERE {} = $1",
            quote(table.name()),
            tenant_column(table),
        ));
        let mut connection = self.begin(owner, Some(owner), Access::ReadOnly).await?;
        let counts = connection.fetch(DOING, sql, vec![owner.to_value()], read_count).await?;
        connection.rollback().await?;
        Ok(counts.first().copied().unwrap_or_default())
    }

    /// Deletes a row for good, past the repository; tells whether there was one.
    pub(super) async fn remove(
        &self,
        table: &Table,
        owner: TenantId,
        key: &Value,
    ) -> Result<bool, Error> {
        let mut connection = self.begin(owner, Some(owner), Access::ReadWrite).await?;
        let is_removed = remove_in(&mut connection, table, owner, key).await?;
        connection.commit().await?;
        Ok(is_removed)
    }
}

/// Deletes a row for good within a transaction.
pub(super) async fn remove_in(
    connection: &mut Connection,
    table: &Table,
    owner: TenantId,
    key: &Value,
) -> Result<bool, Error> {
    let sql = text(format!("DELETE FROM {}", of_row(table)));
    Ok(connection.execute(DOING, sql, vec![owner.to_value(), key.clone()]).await? > 0)
}

/// Writes a table and the predicate of one row: the tenant as `$1`, the key as `$2`.
fn of_row(table: &Table) -> String {
    let key = quote(table.columns()[table.key()].name());
    format!("{} WHERE {} = $1 AND {key} = $2", quote(table.name()), tenant_column(table))
}

pub(super) fn tenant_column(table: &Table) -> String {
    quote(table.columns()[table.tenant()].name())
}

/// Takes a text that was made of names of tables and columns.
pub(super) fn text(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}

pub(super) fn read_count(row: &mut dyn Row) -> Result<i64, Error> {
    i64::from_value(row.take(0, Kind::Int)?)
}

/// Says what an error was, with its cause; neither holds values of rows.
pub(super) fn said(error: &Error) -> String {
    let mut said = error.message().to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        said = format!("{said}: {source}");
        cause = source.source();
    }
    said
}
