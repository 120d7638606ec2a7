use async_trait::async_trait;

use super::{List, Slice};
use crate::entity::{Change, Filter, TenantEntity};
use crate::{Error, TenantId};

/// A repository of one kind of entity, bound to one tenant.
///
/// Every verb adds the tenant to what it asks, checks it on what comes back, and refuses an
/// entity of another tenant before anything is sent.
///
/// # Cancel safety
///
/// A dropped call may or may not have happened; its transaction will not commit.
#[async_trait]
pub trait TenantScoped<E: TenantEntity>: Send {
    /// Returns the tenant.
    fn tenant(&self) -> TenantId;

    /// Inserts a row.
    ///
    /// # Errors
    ///
    /// [`ForeignTenant`](crate::ErrorKind::ForeignTenant) for an entity of another tenant,
    /// [`Conflict`](crate::ErrorKind::Conflict) when it exists or breaks a unique rule.
    async fn insert(&mut self, entity: E) -> Result<E, Error>;

    /// Inserts any number of rows, all or none.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    async fn insert_many(&mut self, entities: Vec<E>) -> Result<Vec<E>, Error>;

    /// Returns the row with this key, or `None`: for another tenant's key too.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when the database does not answer. This
    /// holds for every verb.
    async fn get(&mut self, key: &E::Key) -> Result<Option<E>, Error>;

    /// Returns the rows with these keys, in the order of the keys, without those that are not
    /// there.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    async fn get_many(&mut self, keys: &[E::Key]) -> Result<Vec<E>, Error>;

    /// Returns a row that matches; when several do, which one is not said.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) when the filter holds values that no statement
    /// takes, and as [`get`](Self::get).
    async fn find(&mut self, filter: Filter<E>) -> Result<Option<E>, Error>;

    /// Tells whether a row matches.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    async fn exists(&mut self, filter: Filter<E>) -> Result<bool, Error>;

    /// Returns a part of a list; a [`Page`](super::Page) becomes one with `into()`.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a cursor of another tenant or list, or an
    /// altered one, and as [`find`](Self::find).
    async fn list(&mut self, list: List<E>) -> Result<Slice<E>, Error>;

    /// Counts the rows of the tenant.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    async fn count(&mut self) -> Result<u64, Error>;

    /// Counts the rows that match.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    async fn count_where(&mut self, filter: Filter<E>) -> Result<u64, Error>;

    /// Writes all columns of an existing row and returns it as stored, with its new version.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such row,
    /// [`Conflict`](crate::ErrorKind::Conflict) when its version is no longer the one read,
    /// [`ForeignTenant`](crate::ErrorKind::ForeignTenant) for an entity of another tenant.
    async fn update(&mut self, entity: E) -> Result<E, Error>;

    /// Inserts a row, or updates the one of this tenant with its key, and returns it as stored.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) when the row that is there is deleted, and as
    /// [`insert`](Self::insert).
    async fn upsert(&mut self, entity: E) -> Result<E, Error>;

    /// Changes some columns of a row, whatever its version, and returns it as stored.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such row,
    /// [`Invalid`](crate::ErrorKind::Invalid) when a column is changed twice.
    async fn patch(&mut self, key: &E::Key, changes: Vec<Change<E>>) -> Result<E, Error>;

    /// Deletes a row; tells whether there was one.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    async fn delete(&mut self, key: &E::Key) -> Result<bool, Error>;
}
