//! Rows that are deleted and still there.

use tenancy_core::entity::ToValue as _;
use tenancy_core::{Error, ErrorKind, SoftDelete};
use time::OffsetDateTime;

use super::Repository;
use super::predicate::{Deleted, Source};
use super::query::Query;
use super::repository::push_key;
use super::stamp::Stamp;
use crate::ident::quote;

impl<E: SoftDelete> Repository<'_, E> {
    /// Reads deleted rows too. Writes are the same: none but [`restore`](Self::restore) and
    /// [`purge`](Self::purge) changes a row that is deleted.
    pub fn with_deleted(mut self) -> Self {
        self.deleted = Deleted::Shown;
        self
    }

    /// Reads deleted rows and no others. Writes are the same.
    pub fn only_deleted(mut self) -> Self {
        self.deleted = Deleted::Only;
        self
    }

    /// Brings a deleted row back; tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when a row that is there has
    /// taken its place in a unique rule, and as [`get`](Self::get).
    pub async fn restore(&mut self, key: &E::Key) -> Result<bool, Error> {
        const DOING: &str = "restore a row";
        self.tx.require_write()?;
        let table = E::TABLE;
        let source = Source::alone(&table);
        let mut query = self.change("UPDATE ", " SET ")?;
        deleted_at::<E>()?;
        for (at, column) in
            [table.deleted_at(), table.deleted_by()].into_iter().flatten().enumerate()
        {
            query.push(if at == 0 { "" } else { ", " });
            source.push_column(&mut query, column);
            query.push(" = NULL");
        }
        if let Some(column) = table.updated_at() {
            query.push(", ");
            source.push_column(&mut query, column);
            query.push(" = ");
            query.bind(Stamp::now(self.tx).time());
        }
        if let Some(column) = table.version() {
            let name = source.column(column);
            query.push(&format!(", {name} = {name} + 1"));
        }
        query.push(" WHERE ");
        source.push_own(&mut query, Deleted::Only);
        push_key::<E>(&mut query, key);
        let (sql, values) = query.finish(DOING)?;
        Ok(self.tx.execute(DOING, sql, values).await? > 0)
    }

    /// Removes a deleted row for good; tells whether there was one. A row that is not deleted
    /// stays: that takes two steps.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete).
    pub async fn purge(&mut self, key: &E::Key) -> Result<bool, Error> {
        const DOING: &str = "purge a row";
        self.tx.require_write()?;
        deleted_at::<E>()?;
        let mut query = self.change("DELETE FROM ", " WHERE ")?;
        Source::alone(&E::TABLE).push_own(&mut query, Deleted::Only);
        push_key::<E>(&mut query, key);
        let (sql, values) = query.finish(DOING)?;
        Ok(self.tx.execute(DOING, sql, values).await? > 0)
    }

    /// Removes for good what was deleted before a time; returns how many rows.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete).
    pub async fn purge_deleted_before(&mut self, time: OffsetDateTime) -> Result<u64, Error> {
        const DOING: &str = "purge rows";
        self.tx.require_write()?;
        let source = Source::alone(&E::TABLE);
        let mut query = self.change("DELETE FROM ", " WHERE ")?;
        source.push_own(&mut query, Deleted::Only);
        query.push(" AND ");
        source.push_column(&mut query, deleted_at::<E>()?);
        query.push(" < ");
        query.bind(time.to_value());
        let (sql, values) = query.finish(DOING)?;
        self.tx.execute(DOING, sql, values).await
    }
}

/// The derive sees to it; the trait can be implemented by hand.
fn deleted_at<E: SoftDelete>() -> Result<usize, Error> {
    E::TABLE.deleted_at().ok_or_else(|| {
        let message = "use a soft delete: the table names no column for it";
        Error::new(ErrorKind::Misconfigured, message)
    })
}

impl<E: tenancy_core::TenantEntity> Repository<'_, E> {
    /// Begins a statement that changes the table: what stands before its name, and after.
    pub(super) fn change(&self, before: &str, after: &str) -> Result<Query, Error> {
        self.statements()?;
        let text = format!("{before}{}{after}", quote(E::TABLE.name()));
        Ok(Query::new(self.tx.backend(), self.tx.tenant(), &text))
    }
}
