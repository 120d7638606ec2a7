//! The repository: every verb within one tenant.

use async_trait::async_trait;

use crate::entity::{Change, Filter, TenantEntity};
use crate::{Error, TenantId};

/// The order of a list, by key. Keys made by time make this the order of making.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The highest key first.
    Newest,
    /// The lowest key first.
    Oldest,
}

/// Which part of a list is wanted.
///
/// Pages follow keys, not offsets: rows that are inserted meanwhile shift nothing.
///
/// ```
/// use tenancy_core::Page;
///
/// let first = Page::<i64>::newest(20);
/// let next = Page::newest(20).after(17);
/// assert_eq!(first.limit(), 20);
/// assert_eq!(next.start(), Some(&17));
/// ```
#[derive(Debug, Clone)]
pub struct Page<K> {
    order: Order,
    after: Option<K>,
    limit: u16,
}

impl<K> Page<K> {
    /// The most rows a page may hold.
    pub const MAX: u16 = 1_000;

    /// Asks for the newest rows; `limit` is brought into 1 to [`Page::MAX`].
    pub fn newest(limit: u16) -> Self {
        Self { order: Order::Newest, after: None, limit: limit.clamp(1, Self::MAX) }
    }

    /// Asks for the oldest rows; `limit` is brought into 1 to [`Page::MAX`].
    pub fn oldest(limit: u16) -> Self {
        Self { order: Order::Oldest, after: None, limit: limit.clamp(1, Self::MAX) }
    }

    /// Begins behind a key. The key need not exist.
    pub fn after(mut self, key: K) -> Self {
        self.after = Some(key);
        self
    }

    /// Returns the order.
    pub const fn order(&self) -> Order {
        self.order
    }

    /// Returns the key it begins behind.
    pub const fn start(&self) -> Option<&K> {
        self.after.as_ref()
    }

    /// Returns the most rows wanted.
    pub const fn limit(&self) -> u16 {
        self.limit
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slice<E> {
    /// The rows, in the order asked for.
    pub items: Vec<E>,
    /// Whether more follow.
    pub has_more: bool,
}

impl<E> Slice<E> {
    /// Makes a slice from up to `limit + 1` rows: the one too many says that more follow.
    pub fn from_rows(mut rows: Vec<E>, limit: u16) -> Self {
        let limit = usize::from(limit);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Self { items: rows, has_more }
    }
}

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

    /// Returns a page of rows.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    async fn list(&mut self, page: Page<E::Key>) -> Result<Slice<E>, Error>;

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
