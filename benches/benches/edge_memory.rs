//! How much memory does a tenant take that the directory remembers, by its id and by its slug?
//!
//! The source makes records as it is asked, and keeps none. Leaves bytes for each tenant.

use std::sync::Arc;

use tenancy_benches::{record, resident_bytes};
use tenancy_core::{
    CacheOptions, CachedDirectory, DirectoryEntry, Error, Plan, PlanCatalogue, Tenant,
    TenantDirectory, TenantId, TenantKey, TenantSlug, async_trait,
};

const TENANTS: usize = 100_000;

/// Any tenant one asks for, with a name of usual length.
struct Everybody {
    ids: Vec<TenantId>,
    plan: Arc<Plan>,
}

impl Everybody {
    fn tenant(&self, number: usize) -> DirectoryEntry {
        let tenant = Tenant::new(self.ids[number], slug(number), self.plan.clone())
            .with_name(format!("Tenant number {number}"));
        DirectoryEntry::of_tenant(Arc::new(tenant))
    }
}

#[async_trait]
impl TenantDirectory for Everybody {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        let number = match key {
            TenantKey::Id(id) => self.ids.binary_search(id).ok(),
            TenantKey::Slug(slug) => slug.as_str()["tenant-".len()..].parse().ok(),
            _ => None,
        };
        Ok(number.map(|number| self.tenant(number)))
    }
}

fn slug(number: usize) -> TenantSlug {
    TenantSlug::parse(&format!("tenant-{number}")).expect("a slug")
}

async fn remember(directory: &CachedDirectory<Everybody>, tenants: usize) {
    for number in 0..tenants {
        let id = directory.source().ids[number];
        for key in [TenantKey::Slug(slug(number)), TenantKey::Id(id)] {
            directory.find(&key).await.expect("an answer").expect("a tenant");
        }
    }
}

fn main() {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let tenants = if is_measured { TENANTS } else { 100 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let mut ids: Vec<_> = (0..tenants).map(|_| TenantId::generate()).collect();
    ids.sort_unstable();
    let plan = PlanCatalogue::example().plan("starter").expect("an example plan");
    let directory = CachedDirectory::new(Everybody { ids, plan }, CacheOptions::new());
    let Some(before) = resident_bytes() else { return };
    runtime.block_on(remember(&directory, tenants));
    // Counting also settles what the cache has put off.
    let (found, absent) = directory.remembers();
    assert_eq!((found, absent), (2 * tenants as u64, 0));
    let after = resident_bytes().expect("it said so before");
    #[expect(clippy::cast_precision_loss, reason = "there are not that many tenants")]
    let each = (after - before) / tenants as f64;
    println!("edge_memory: {each:.0} bytes for each of {tenants} tenants");
    record("edge_memory/a_tenant", &[each]).expect("a folder");
}
