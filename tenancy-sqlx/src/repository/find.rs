//! Reading by filter and by keys.

use std::collections::HashMap;

use tenancy_core::entity::{Filter, Row, ToValue as _};
use tenancy_core::{Error, TenantEntity};

use super::dialect::push_one_of;
use super::predicate::Source;
use super::query::Query;
use super::{Repository, encoding};
use crate::backend::Backend;
use crate::ident::quote;

/// How many keys one statement asks for, where each is a value of its own.
const KEYS_AT_ONCE: usize = 512;

impl<E: TenantEntity> Repository<'_, E> {
    /// Returns a row that matches. When several do, which one is not said: filter by what is
    /// unique, or [`list`](Self::list).
    ///
    /// ```no_run
    /// # use tenancy_core::{Error, TenantId};
    /// # use tenancy_sqlx::{TenantDb, TenantEntity, TenantTx};
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "invoices")]
    /// # struct Invoice { #[tenant(key)] id: i64, tenant_id: TenantId, number: String, total: i64 }
    /// async fn of_number(tx: &mut TenantTx, number: &str) -> Result<Option<Invoice>, Error> {
    ///     tx.repo::<Invoice>().find(Invoice::NUMBER.eq(number).and(Invoice::TOTAL.gt(0))).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](tenancy_core::ErrorKind::Invalid) when a text in the filter holds
    /// the character NUL or the filter holds more values than a statement takes (65,535, on
    /// SQLite 32,766), and as [`get`](Self::get).
    pub async fn find(&mut self, filter: Filter<E>) -> Result<Option<E>, Error> {
        const DOING: &str = "find a row";
        let mut query = self.select()?;
        Source::alone(&E::TABLE).push_and(&mut query, filter.condition())?;
        query.push(" LIMIT 1");
        let (sql, values) = query.finish(DOING)?;
        Ok(self.fetch(DOING, sql, values).await?.pop())
    }

    /// Tells whether a row matches.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn exists(&mut self, filter: Filter<E>) -> Result<bool, Error> {
        const DOING: &str = "look for a row";
        let mut query = self.matching("SELECT 1 FROM ", &filter)?;
        query.push(" LIMIT 1");
        let (sql, values) = query.finish(DOING)?;
        let read = |_: &mut dyn Row| Ok(());
        Ok(!self.tx.fetch(DOING, sql, values, read).await?.is_empty())
    }

    /// Counts the rows that match.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn count_where(&mut self, filter: Filter<E>) -> Result<u64, Error> {
        let query = self.matching("SELECT count(*) FROM ", &filter)?;
        let (sql, values) = query.finish("count rows")?;
        self.fetch_count(sql, values).await
    }

    /// Returns the rows with these keys, in the order of the keys; those that are not there are
    /// left out, and a key that is given twice comes once. Any number of keys.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn get_many(&mut self, keys: &[E::Key]) -> Result<Vec<E>, Error> {
        let mut places = HashMap::with_capacity(keys.len());
        let mut wanted = Vec::with_capacity(keys.len());
        for key in keys {
            let value = key.to_value();
            places.entry(encoding::bytes_of(&value)).or_insert_with(|| {
                wanted.push(value);
                wanted.len() - 1
            });
        }
        let at_once = match self.tx.backend() {
            // One array, however long.
            Backend::Postgres => wanted.len().max(1),
            _ => KEYS_AT_ONCE,
        };
        let mut found: Vec<Option<E>> = wanted.iter().map(|_| None).collect();
        let key = E::TABLE.columns()[E::TABLE.key()].kind();
        for some in wanted.chunks(at_once) {
            let mut query = self.select()?;
            query.push(" AND ");
            Source::alone(&E::TABLE).push_column(&mut query, E::TABLE.key());
            push_one_of(&mut query, key, some.to_vec());
            let (sql, values) = query.finish("read rows")?;
            for row in self.fetch("read rows", sql, values).await? {
                // What the database takes for equal and is not (capitals) was not asked for.
                if let Some(place) = places.get(&encoding::bytes_of(&row.key().to_value())) {
                    found[*place] = Some(row);
                }
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Begins a statement about the rows that match.
    pub(super) fn matching(&self, select: &str, filter: &Filter<E>) -> Result<Query, Error> {
        self.statements()?;
        let from = format!("{select}{} WHERE ", quote(E::TABLE.name()));
        let mut query = Query::new(self.tx.backend(), self.tx.tenant(), &from);
        let source = Source::alone(&E::TABLE);
        source.push_own(&mut query, self.deleted);
        source.push_and(&mut query, filter.condition())?;
        Ok(query)
    }
}
