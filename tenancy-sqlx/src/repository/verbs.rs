//! Every verb of a repository, for a caller who knows its entity by the table alone.

use std::fmt;
use std::marker::PhantomData;

use async_trait::async_trait;
use tenancy_core::entity::{Change, Field, Filter, Unique, Value, Values};
use tenancy_core::{Error, List, TenantEntity};

use super::Repository;
use crate::handle::TenantTx;

/// What is asked of a repository. The row of [`Verbs::run`] says which row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    GetMany,
    List,
    Find,
    Exists,
    Count,
    CountWhere,
    Insert,
    InsertMany,
    Upsert,
    /// By a unique rule of the table.
    UpsertOn(usize),
    Update,
    /// Sets a column to what the row has there.
    Patch(usize),
    Delete,
}

/// What a verb answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The values of rows that were read.
    Rows(Vec<Vec<Value>>),
    /// How many rows there are, or were touched.
    Count(u64),
    /// A row was written.
    Written,
}

/// A repository without its type.
#[async_trait]
pub(crate) trait Verbs: fmt::Debug + Send + Sync {
    /// Refuses values that the entity cannot hold.
    fn check(&self, row: &[Value]) -> Result<(), Error>;

    /// Runs a verb with a row, given as the values of the table's columns.
    async fn run(&self, tx: &mut TenantTx, verb: Verb, row: &[Value]) -> Result<Answer, Error>;
}

/// The repository of `E`.
pub(crate) struct Of<E>(PhantomData<fn() -> E>);

impl<E> Of<E> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: TenantEntity> fmt::Debug for Of<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Of").field(&E::TABLE.name()).finish()
    }
}

#[async_trait]
impl<E: TenantEntity> Verbs for Of<E> {
    fn check(&self, row: &[Value]) -> Result<(), Error> {
        entity::<E>(row).map(drop)
    }

    async fn run(&self, tx: &mut TenantTx, verb: Verb, row: &[Value]) -> Result<Answer, Error> {
        let entity = entity::<E>(row)?;
        let key = entity.key().clone();
        let mut repository = Repository::<E>::new(tx);
        match verb {
            Verb::Get => Ok(rows(repository.get(&key).await?)),
            Verb::GetMany => Ok(rows(repository.get_many(&[key]).await?)),
            Verb::List => Ok(rows(repository.list(List::newest(List::<E>::MAX)).await?.items)),
            Verb::Find => Ok(rows(repository.find(has_key(key)).await?)),
            Verb::Exists => Ok(Answer::Count(repository.exists(has_key(key)).await?.into())),
            Verb::Count => Ok(Answer::Count(repository.count().await?)),
            Verb::CountWhere => Ok(Answer::Count(repository.count_where(Filter::all()).await?)),
            Verb::Insert => repository.insert(entity).await.map(|_| Answer::Written),
            Verb::InsertMany => repository.insert_many([entity]).await.map(|_| Answer::Written),
            Verb::Upsert => repository.upsert(entity).await.map(|_| Answer::Written),
            Verb::UpsertOn(rule) => {
                repository.upsert_on(Unique::new(rule), entity).await.map(|_| Answer::Written)
            }
            Verb::Update => repository.update(entity).await.map(|_| Answer::Written),
            Verb::Patch(column) => {
                repository.patch(&key, set(column, &row[column])).await.map(|_| Answer::Written)
            }
            Verb::Delete => Ok(Answer::Count(repository.delete(&key).await?.into())),
        }
    }
}

fn entity<E: TenantEntity>(row: &[Value]) -> Result<E, Error> {
    E::from_row(&mut Values::new(row.to_vec()))
}

fn rows<E: TenantEntity>(entities: impl IntoIterator<Item = E>) -> Answer {
    Answer::Rows(entities.into_iter().map(|entity| entity.values()).collect())
}

fn has_key<E: TenantEntity>(key: E::Key) -> Filter<E> {
    Field::<E, E::Key>::new(E::TABLE.key()).eq(key)
}

/// Sets a column to a value of its kind.
fn set<E: TenantEntity>(column: usize, value: &Value) -> Option<Change<E>> {
    macro_rules! set {
        ($kind:ty, $value:expr) => {
            Some(Field::<E, Option<$kind>>::new(column).set($value))
        };
    }
    match value.clone() {
        Value::Bool(value) => set!(bool, value),
        Value::Int(value) => set!(i64, value),
        Value::Float(value) => set!(f64, value),
        Value::Decimal(value) => set!(rust_decimal::Decimal, value),
        Value::Text(value) => set!(String, value),
        Value::Bytes(value) => set!(Vec<u8>, value),
        Value::Uuid(value) => set!(uuid::Uuid, value),
        Value::Time(value) => set!(time::OffsetDateTime, value),
        _ => None,
    }
}
