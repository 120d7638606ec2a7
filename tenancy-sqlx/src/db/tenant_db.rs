use std::fmt;
use std::sync::Arc;

use tenancy_core::{
    Auditor, Bypass, BypassPurpose, Clock, Error, ErrorKind, ServerName, Tenant, TenantDirectory,
    TenantId,
};
use time::OffsetDateTime;

use crate::backend::{Access, Backend};
use crate::binding;
use crate::cross_tenant::{Entrance, Entrances};
use crate::handle::{CrossTenantTx, SharedTx, Source, TenantTx};
use crate::migrate::{self, Migration, Tables};
use crate::options::TenantDbOptions;
#[cfg(feature = "probe")]
use crate::pool::Seats;
use crate::pool::{Place, Servers};
use crate::repository::{CursorKey, Registry};
use crate::rls;
use crate::scope::Scoper;
use crate::seal;
use crate::shared::SharedRegistry;

/// A database that holds many tenants. Cheap to clone; the URL's scheme chooses the database.
///
/// It lends no connection and runs no SQL by itself: what touches rows goes through a
/// [`TenantTx`], which is bound to one tenant.
///
/// ```
/// use tenancy_core::TenantId;
/// use tenancy_sqlx::{Migration, TenantDb, TenantEntity};
///
/// #[derive(Debug, Clone, PartialEq, TenantEntity)]
/// #[tenant(table = "notes")]
/// struct Note {
///     #[tenant(key)]
///     id: i64,
///     tenant_id: TenantId,
///     text: String,
/// }
///
/// const NOTES: Migration = Migration::portable(
///     1,
///     "notes",
///     "CREATE TABLE notes (tenant_id BLOB NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL,
///      PRIMARY KEY (tenant_id, id))",
/// );
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let db = TenantDb::options().register::<Note>().connect("sqlite::memory:").await?;
/// db.migrate(&[NOTES]).await?;
///
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// let note = Note { id: 1, tenant_id: harbor, text: "ours".into() };
///
/// let mut tx = db.tenant(harbor);
/// tx.repo::<Note>().insert(note.clone()).await?;
/// tx.commit().await?;
///
/// assert_eq!(db.read(harbor).repo::<Note>().get(&1).await?, Some(note.clone()));
/// assert_eq!(db.read(summit).repo::<Note>().get(&1).await?, None);
/// assert!(db.tenant(summit).repo::<Note>().insert(note).await.is_err());
/// # Ok(()) }
/// ```
///
/// # Where a tenant's data is
///
/// In shared tables of the first server, unless a [directory](Self::with_directory) says
/// otherwise. A transaction asks the directory for the tenant's
/// [placement](tenancy_core::Placement) when it begins and keeps to that place until it ends;
/// nothing is remembered from one transaction to the next. So a place that the directory no longer
/// names is used by transactions that had begun, and by those of nodes whose
/// [`CachedDirectory`](tenancy_core::CachedDirectory) has not heard of the change yet, within the
/// time that it promises.
#[derive(Clone)]
pub struct TenantDb {
    pub(super) inner: Arc<Inner>,
    /// Says where tenants are.
    pub(super) directory: Option<Arc<dyn TenantDirectory>>,
    /// Where transactions go that no directory is asked for.
    pub(super) place: Place,
    /// A probe's own connections: all transactions of tenants go there, unchecked.
    #[cfg(feature = "probe")]
    pub(super) seats: Option<Arc<Seats>>,
}

pub(super) struct Inner {
    pub(super) servers: Servers,
    pub(super) entrances: Entrances,
    pub(super) options: TenantDbOptions,
    pub(super) scoper: Scoper,
}

impl TenantDb {
    /// Starts with the usual options and no entities.
    pub fn options() -> TenantDbOptions {
        TenantDbOptions::default()
    }

    /// Opens the database without asking whether it answers.
    pub(crate) fn open(url: &str, options: TenantDbOptions) -> Result<Self, Error> {
        let servers = Servers::new(url, &options)?;
        if options.seal.is_some() && servers.backend() != Backend::Postgres {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                "use sealed binding: only Postgres has it: take .sealed(key) away",
            ));
        }
        binding::verify_options(&options, servers.backend())?;
        if let Some(role) = &options.service_role {
            seal::require_plain(role)?;
        }
        let entrances = Entrances::open(&options, servers.backend())?;
        let known = options.known.clone().with_shared(options.shared.tables());
        let scoper = Scoper::new(known.with_entities(options.schema, options.registry.tables()));
        let inner = Arc::new(Inner { servers, entrances, options, scoper });
        Ok(Self {
            inner,
            directory: None,
            place: Place::MAIN,
            #[cfg(feature = "probe")]
            seats: None,
        })
    }

    /// Lets a directory say where each tenant's data is. Connections are those of this value.
    ///
    /// Every transaction of a tenant asks it: give a
    /// [`CachedDirectory`](tenancy_core::CachedDirectory), which answers from memory. A tenant that
    /// it does not know is refused.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use tenancy_core::{
    ///     CacheOptions, CachedDirectory, Placement, PlanCatalogue, Tenant, TenantId, TenantSlug,
    /// };
    /// use tenancy_sqlx::{SqlDirectory, TenantDb};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(TenantId::generate().to_string());
    /// # std::fs::create_dir(&folder)?;
    /// # let url = format!("sqlite://{}?mode=rwc", folder.join("app.db").display());
    /// let db = TenantDb::options().connect(&url).await?;
    /// db.migrate(&[]).await?;
    /// let plans = PlanCatalogue::example();
    /// let directory = SqlDirectory::new(db.clone(), plans.clone());
    ///
    /// let plan = plans.plan("enterprise")?;
    /// let harbor = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan)
    ///     .with_placement(Placement::database());
    /// directory.insert(&harbor).await?;
    /// db.provision(&harbor, &[]).await?;
    ///
    /// let directory = CachedDirectory::new(directory, CacheOptions::new())
    ///     .follow(None, Duration::from_millis(500));
    /// let db = db.with_directory(Arc::new(directory));
    /// # db.close().await; std::fs::remove_dir_all(folder)?;
    /// # Ok(()) }
    /// ```
    pub fn with_directory(self, directory: Arc<dyn TenantDirectory>) -> Self {
        Self { directory: Some(directory), ..self }
    }

    /// Brings the shared tables of the first server up to date and protects those of all registered
    /// entities.
    ///
    /// In this order: a check of the role, the library's own tables, `migrations`, on Postgres the
    /// row-level security of every registered table that lacks it, and [`verify`](Self::verify). What was done
    /// before is not done again. Instances that start at the same time wait for each other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) when a migration that
    /// ran before has changed or is missing, and for what [`verify`](Self::verify) refuses;
    /// [`ErrorKind::Internal`](tenancy_core::ErrorKind::Internal) when a migration fails: it is
    /// rolled back, those before it stay.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), Error> {
        let main = self.at(Place::MAIN);
        rls::verify_role(&main).await?;
        migrate::run(&main, Tables::All, migrations).await?;
        main.guard().await
    }

    /// Does for the shared tables of a named server what [`migrate`](Self::migrate) does for those
    /// of the first one. The library's own tables, and so its directory, are on the first only.
    ///
    /// # Errors
    ///
    /// Those of [`migrate`](Self::migrate), and
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) for a server that is
    /// not in the options.
    pub async fn migrate_server(
        &self,
        server: &ServerName,
        migrations: &[Migration],
    ) -> Result<(), Error> {
        self.at(self.servers().shared(server)?).migrate_here(migrations).await
    }

    /// Checks that the database itself keeps tenants apart, in the shared tables of the first
    /// server. The first transaction at each place does this too, and one
    /// [every few minutes](TenantDbOptions::verify_every).
    ///
    /// On Postgres: the role is no superuser, does not bypass row-level security and cannot
    /// become a role that does; every registered table has row-level security enabled and forced,
    /// with the tenant's policy and no other that would let more through. SQLite and `MySQL` have
    /// no such guard: there the types and the predicate of every statement do the work.
    ///
    /// On every database: each unique key of a registered table has the tenant in it, or a row of
    /// one tenant would stand in the way of another's; tenant and key together are unique; and a
    /// foreign key between registered tables stays within the tenant. `MySQL`'s tables must be of
    /// an engine with transactions.
    ///
    /// Replicas that answer are checked too; one that is not fit is not used anyhow.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) says what is wrong
    /// and what to do.
    pub async fn verify(&self) -> Result<(), Error> {
        self.verify_here().await?;
        for place in self.servers().replicas_of(self.place) {
            match Box::pin(self.at(place).verify_here()).await {
                // It is not used meanwhile.
                Err(error) if error.kind() == ErrorKind::Unavailable => {}
                verified => verified?,
            }
        }
        Ok(())
    }

    /// Gives a database role what a service needs: to read and change the rows of all registered
    /// tables and of the library's own. It can neither alter nor empty them. Run it as their owner,
    /// after [`migrate`](Self::migrate). Elsewhere than on Postgres it does nothing.
    ///
    /// This is about the shared tables of the first server.
    /// [`TenantDbOptions::service_role`] does it wherever tenants are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a name that is not plain: 1 to 63 of `a-z`, `0-9` and `_`.
    pub async fn grant_to(&self, role: &str) -> Result<(), Error> {
        seal::grant(&self.at(Place::MAIN), role).await
    }

    /// Ends a key of [sealed binding](TenantDbOptions::sealed) at a time: a transaction that begins
    /// later and brings it sees nothing. Run it as the owner of the tables.
    ///
    /// This is about the database of the first server, with its shared tables and tenants' schemas.
    /// The others have keys of their own: see
    /// [`expire_tenant_seal_key`](Self::expire_tenant_seal_key).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such version.
    pub async fn expire_seal_key(&self, version: u32, at: OffsetDateTime) -> Result<(), Error> {
        seal::expire(&self.at(Place::MAIN), version, at).await
    }

    /// Does in the database where a tenant is what [`expire_seal_key`](Self::expire_seal_key) does
    /// in the first one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such version; [`ErrorKind::TenantProvisioning`] when
    /// the database is not there.
    pub async fn expire_tenant_seal_key(
        &self,
        tenant: &Tenant,
        version: u32,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        let place = self.servers().place(tenant.placement(), tenant.id())?;
        seal::expire(&self.at(place), version, at).await
    }

    /// Names a tenant, for reading and writing. Nothing is acquired before the first statement.
    pub fn tenant(&self, tenant: TenantId) -> TenantTx {
        TenantTx::writing(self.clone(), tenant)
    }

    /// Names a tenant, for reading: the transaction refuses writes, and so does the database. It may
    /// go to a [replica](TenantDbOptions::replica) that shows what this program has written for the
    /// tenant.
    pub fn read(&self, tenant: TenantId) -> TenantTx {
        TenantTx::reading(self.clone(), tenant, Source::Any)
    }

    /// Names a tenant, for reading what is written by now, whoever wrote it: never at a replica.
    pub fn read_latest(&self, tenant: TenantId) -> TenantTx {
        TenantTx::reading(self.clone(), tenant, Source::Primary)
    }

    /// Opens the tables that all tenants share, for reading and writing. Nothing is acquired
    /// before the first statement.
    pub fn shared(&self) -> SharedTx {
        SharedTx::new(self.clone(), Access::ReadWrite)
    }

    /// Opens the tables that all tenants share, for reading.
    pub fn read_shared(&self) -> SharedTx {
        SharedTx::new(self.clone(), Access::ReadOnly)
    }

    /// Opens the rows of all tenants, for reading, to whoever holds a bypass: **of those in the shared
    /// tables of the first server**, not of those in a schema or a database of their own, nor on
    /// [another server](Self::cross_tenant_at).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`] when the bypass has expired; [`ErrorKind::Misconfigured`] without
    /// [`TenantDbOptions::cross_tenant`], and when the role there could do more than read, or
    /// would not see all rows; [`ErrorKind::Unavailable`] when the database does not answer, or
    /// the use cannot be recorded.
    pub async fn cross_tenant<P: BypassPurpose>(
        &self,
        bypass: Bypass<P>,
    ) -> Result<CrossTenantTx<P>, Error> {
        self.open_cross_tenant(None, bypass).await
    }

    /// Does for the shared tables of a named server what [`cross_tenant`](Self::cross_tenant) does for
    /// those of the first: [`CrossTenantTx::server`] says which one it is. Nothing reads several
    /// servers in one transaction.
    ///
    /// # Errors
    ///
    /// Those of [`cross_tenant`](Self::cross_tenant), by
    /// [`TenantDbOptions::cross_tenant_at`](crate::TenantDbOptions::cross_tenant_at).
    pub async fn cross_tenant_at<P: BypassPurpose>(
        &self,
        server: &ServerName,
        bypass: Bypass<P>,
    ) -> Result<CrossTenantTx<P>, Error> {
        self.open_cross_tenant(Some(server.clone()), bypass).await
    }

    async fn open_cross_tenant<P: BypassPurpose>(
        &self,
        server: Option<ServerName>,
        bypass: Bypass<P>,
    ) -> Result<CrossTenantTx<P>, Error> {
        let entrance = self.entrance(server.as_ref())?;
        let mut tx = CrossTenantTx::new(self.clone(), server, bypass);
        tx.record("open a transaction over all tenants").await?;
        entrance.verify(&self.inner.options).await?;
        Ok(tx)
    }

    /// Asks the first server for an answer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when none comes within
    /// the acquire time-out.
    pub async fn ping(&self) -> Result<(), Error> {
        self.begin_shared(Access::ReadOnly).await.map(drop)
    }

    /// Closes all connections, after the transactions in flight have ended.
    pub async fn close(&self) {
        self.inner.entrances.close().await;
        self.servers().close().await;
    }

    /// Returns which database this is.
    pub fn backend(&self) -> Backend {
        self.servers().backend()
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.inner.options.registry
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.inner.options.seal.is_some()
    }

    pub(crate) fn shared_registry(&self) -> &SharedRegistry {
        &self.inner.options.shared
    }

    pub(crate) fn entrance(&self, server: Option<&ServerName>) -> Result<&Entrance, Error> {
        self.inner.entrances.to(server)
    }

    pub(crate) fn scoper(&self) -> &Scoper {
        &self.inner.scoper
    }

    pub(crate) fn auditor(&self) -> Option<&Auditor> {
        // What a probe tries is no crossing.
        #[cfg(feature = "probe")]
        if self.seats.is_some() {
            return None;
        }
        self.inner.options.auditor.as_ref()
    }

    pub(crate) fn cursor_key(&self) -> &CursorKey {
        &self.inner.options.cursor_key
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.inner.options.clock
    }

    pub(crate) fn options_in_use(&self) -> &TenantDbOptions {
        &self.inner.options
    }

    pub(crate) fn servers(&self) -> &Servers {
        &self.inner.servers
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// The same database as seen from one place, whatever a directory would say.
    pub(crate) fn at(&self, place: Place) -> Self {
        Self {
            inner: self.inner.clone(),
            directory: None,
            place,
            #[cfg(feature = "probe")]
            seats: None,
        }
    }

    /// The same database for two tenants of a probe: over connections of its own, where no check
    /// comes before a transaction.
    #[cfg(feature = "probe")]
    pub(crate) async fn for_probe(&self, tenants: [TenantId; 2]) -> Result<Self, Error> {
        let [one, other] = tenants;
        let places = [(one, self.place_of(one).await?.0), (other, self.place_of(other).await?.0)];
        let seats = Seats::open(self.servers(), places, &self.inner.options)?;
        Ok(Self { seats: Some(Arc::new(seats)), ..self.at(places[0].1) })
    }

    #[cfg(feature = "probe")]
    pub(crate) fn seats(&self) -> Option<&Seats> {
        self.seats.as_deref()
    }

    /// The same database, for what is on the first server wherever tenants are.
    pub(crate) fn into_main(self) -> Self {
        Self { directory: None, place: Place::MAIN, ..self }
    }
}

impl fmt::Debug for TenantDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDb").field("backend", &self.backend()).finish_non_exhaustive()
    }
}
