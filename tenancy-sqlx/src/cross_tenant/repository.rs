use std::marker::PhantomData;

use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{BypassPurpose, Error, Page, Slice, TenantEntity, TenantId};

use super::Statements;
use crate::handle::CrossTenantTx;

/// The rows of one entity, of all tenants: each carries its tenant.
///
/// It shows the shared tables of one server: [`CrossTenantTx::server`]. Rows that are marked as deleted are among them.
#[derive(Debug)]
pub struct CrossTenantRepository<'tx, P: BypassPurpose, E> {
    tx: &'tx mut CrossTenantTx<P>,
    entity: PhantomData<fn() -> E>,
}

impl<'tx, P: BypassPurpose, E: TenantEntity> CrossTenantRepository<'tx, P, E> {
    pub(crate) fn new(tx: &'tx mut CrossTenantTx<P>) -> Self {
        Self { tx, entity: PhantomData }
    }

    /// Returns a tenant's row with this key. The tenant finds this use in its own log.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`](tenancy_core::ErrorKind::Forbidden) when the bypass has expired;
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the use cannot be
    /// recorded, or when the database does not answer. This holds for every verb.
    pub async fn get(&mut self, tenant: TenantId, key: &E::Key) -> Result<Option<E>, Error> {
        let sql = self.statements()?.get.clone();
        let what = format!("read a row of {}", E::TABLE.name());
        let values = vec![tenant.to_value(), key.to_value()];
        let whose = (Some(tenant), &*what);
        Ok(self.tx.fetch(whose, "read a row", (sql, values), E::from_row).await?.pop())
    }

    /// Returns a page of rows, by tenant and then by key.
    ///
    /// ```no_run
    /// # use tenancy_core::{Bypass, BypassPurpose, Error, Page, TenantId};
    /// # use tenancy_sqlx::{TenantDb, TenantEntity};
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "notes")]
    /// # struct Note { #[tenant(key)] id: i64, tenant_id: TenantId, text: String }
    /// # enum Search {}
    /// # impl BypassPurpose for Search { const NAME: &'static str = "search"; }
    /// async fn shout(db: &TenantDb, bypass: Bypass<Search>) -> Result<Vec<TenantId>, Error> {
    ///     let mut tx = db.cross_tenant(bypass).await?;
    ///     let (mut page, mut loud) = (Page::oldest(500), Vec::new());
    ///     loop {
    ///         let notes = tx.repo::<Note>().list(page.clone()).await?;
    ///         let shouted = notes.items.iter().filter(|note| note.text.ends_with('!'));
    ///         loud.extend(shouted.map(|note| note.tenant_id));
    ///         match notes.items.last() {
    ///             Some(last) if notes.has_more => page = page.after((last.tenant_id, last.id)),
    ///             _ => return Ok(loud),
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn list(&mut self, page: Page<(TenantId, E::Key)>) -> Result<Slice<E>, Error> {
        let sql = self.statements()?.list(page.order(), page.start().is_some());
        let mut values = Vec::with_capacity(3);
        if let Some((tenant, key)) = page.start() {
            values.extend([tenant.to_value(), key.to_value()]);
        }
        values.push((i64::from(page.limit()) + 1).to_value());
        let what = format!("list {} of all tenants", E::TABLE.name());
        let rows = self.tx.fetch((None, &*what), "list rows", (sql, values), E::from_row).await?;
        Ok(Slice::from_rows(rows, page.limit()))
    }

    /// Counts the rows of all tenants.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn count(&mut self) -> Result<u64, Error> {
        let sql = self.statements()?.count.clone();
        let what = format!("count {} of all tenants", E::TABLE.name());
        let read = |row: &mut dyn Row| count(row, 0);
        let counts = self.tx.fetch((None, &*what), "count rows", (sql, Vec::new()), read).await?;
        Ok(counts.first().copied().unwrap_or_default())
    }

    /// Counts the rows of each tenant that has any, in the order of their ids.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn count_by_tenant(&mut self) -> Result<Vec<(TenantId, u64)>, Error> {
        let sql = self.statements()?.count_by_tenant.clone();
        let what = format!("count {} of each tenant", E::TABLE.name());
        let read = |row: &mut dyn Row| {
            Ok((TenantId::from_value(row.take(0, Kind::Uuid)?)?, count(row, 1)?))
        };
        self.tx.fetch((None, &*what), "count rows", (sql, Vec::new()), read).await
    }

    fn statements(&self) -> Result<&Statements, Error> {
        self.tx.db().entrance(self.tx.server())?.statements::<E>()
    }
}

fn count(row: &mut dyn Row, at: usize) -> Result<u64, Error> {
    Ok(u64::try_from(i64::from_value(row.take(at, Kind::Int)?)?).unwrap_or_default())
}
