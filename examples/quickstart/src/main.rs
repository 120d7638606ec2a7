//! A notebook for many tenants, in memory: `cargo run -p quickstart`.

use std::error::Error;
use std::sync::Arc;

use axum::extract::Path;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Serialize;
use tenancy_axum::{CurrentTenant, Problem, RateLimitLayer, TenantLayer};
use tenancy_core::limit::MemoryRateLimiter;
use tenancy_core::resolve::{ApiKeyResolver, HeaderResolver, ResolverChain};
use tenancy_core::{ApiKey, ApiKeySecret, MemoryDirectory, Page, PlanCatalogue, SystemClock};
use tenancy_core::{Tenant, TenantId, TenantSlug};
use tenancy_sqlx::{Migration, TenantDb, TenantEntity, TenantTx};

/// A row: the derive knows its table, its key and its tenant.
#[derive(Serialize, TenantEntity)]
#[tenant(table = "notes")]
struct Note {
    #[tenant(key)]
    id: i64,
    #[serde(skip)]
    tenant_id: TenantId,
    text: String,
}

const NOTES: Migration = Migration::portable(
    1,
    "notes",
    "CREATE TABLE notes (tenant_id BLOB NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL,
     PRIMARY KEY (tenant_id, id))",
);

/// The transaction is the caller's: it can write no other tenant's row.
async fn write(mut tx: TenantTx, Path(id): Path<i64>, text: String) -> Result<(), Problem> {
    let note = Note { id, tenant_id: tx.tenant(), text };
    tx.repo::<Note>().insert(note).await?;
    Ok(tx.commit().await?)
}

/// Nothing here says "where the tenant is mine": the repository does.
async fn list(mut tx: TenantTx, tenant: CurrentTenant) -> Result<Json<Vec<Note>>, Problem> {
    println!("{} reads its notes", tenant.name());
    Ok(Json(tx.repo::<Note>().list(Page::newest(100)).await?.items))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let db = TenantDb::options().register::<Note>().connect("sqlite::memory:").await?;
    db.migrate(&[NOTES]).await?;

    // Two tenants, a key each. A real program keeps them in a `SqlDirectory`.
    let directory = MemoryDirectory::new();
    for slug in ["harbor", "summit"] {
        let plan = PlanCatalogue::example().plan("starter")?;
        let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse(slug)?, plan);
        let key = ApiKeySecret::generate("demo")?;
        println!("{slug}: curl -H 'authorization: Bearer {}' localhost:3000/notes", key.reveal());
        directory.insert_api_key(&key, ApiKey::new("first", tenant.id()));
        directory.insert(tenant)?;
    }

    // Who is it: the key proves it, and a header may not contradict it.
    let chain = ResolverChain::new(Arc::new(directory))
        .with(ApiKeyResolver::bearer())
        .with(HeaderResolver::x_tenant_id());
    let limiter = MemoryRateLimiter::new(Arc::new(SystemClock));
    let app = Router::new()
        .route("/notes", get(list))
        .route("/notes/{id}", put(write))
        .with_state(db)
        .layer(RateLimitLayer::new(Arc::new(limiter)).by_plan())
        .layer(TenantLayer::new(chain));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
