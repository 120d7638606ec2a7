//! The repository as a trait.

use async_trait::async_trait;
use tenancy_core::entity::{Change, Filter};
use tenancy_core::{Error, List, Slice, TenantEntity, TenantId, TenantScoped};

use super::Repository;

#[async_trait]
impl<E: TenantEntity> TenantScoped<E> for Repository<'_, E> {
    fn tenant(&self) -> TenantId {
        self.tx.tenant()
    }

    async fn insert(&mut self, entity: E) -> Result<E, Error> {
        Repository::insert(self, entity).await
    }

    async fn insert_many(&mut self, entities: Vec<E>) -> Result<Vec<E>, Error> {
        Repository::insert_many(self, entities).await
    }

    async fn get(&mut self, key: &E::Key) -> Result<Option<E>, Error> {
        Repository::get(self, key).await
    }

    async fn get_many(&mut self, keys: &[E::Key]) -> Result<Vec<E>, Error> {
        Repository::get_many(self, keys).await
    }

    async fn find(&mut self, filter: Filter<E>) -> Result<Option<E>, Error> {
        Repository::find(self, filter).await
    }

    async fn exists(&mut self, filter: Filter<E>) -> Result<bool, Error> {
        Repository::exists(self, filter).await
    }

    async fn list(&mut self, list: List<E>) -> Result<Slice<E>, Error> {
        Repository::list(self, list).await
    }

    async fn count(&mut self) -> Result<u64, Error> {
        Repository::count(self).await
    }

    async fn count_where(&mut self, filter: Filter<E>) -> Result<u64, Error> {
        Repository::count_where(self, filter).await
    }

    async fn update(&mut self, entity: E) -> Result<E, Error> {
        Repository::update(self, entity).await
    }

    async fn upsert(&mut self, entity: E) -> Result<E, Error> {
        Repository::upsert(self, entity).await
    }

    async fn patch(&mut self, key: &E::Key, changes: Vec<Change<E>>) -> Result<E, Error> {
        Repository::patch(self, key, changes).await
    }

    async fn delete(&mut self, key: &E::Key) -> Result<bool, Error> {
        Repository::delete(self, key).await
    }
}
