//! How a database is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tenancy_core::entity::SharedEntity;
use tenancy_core::{
    Auditor, Clock, Error, ServerName, SystemClock, Tenant, TenantEntity, TenantId,
};

use crate::TenantDb;
use crate::binding::Binding;
use crate::ident::is_plain;
use crate::pool::{Place, ShareRule, TenantShare};
use crate::repository::{CursorKey, Registry};
use crate::scope::Known;
use crate::seal::SealKey;
use crate::shared::SharedRegistry;

/// How to open a [`TenantDb`]: made by [`TenantDb::options`].
#[derive(Debug)]
pub struct TenantDbOptions {
    pub(crate) registry: Registry,
    pub(crate) shared: SharedRegistry,
    pub(crate) cross_tenant: Option<Address>,
    pub(crate) cross_tenant_at: Vec<NamedServer>,
    pub(crate) known: Known,
    pub(crate) seal: Option<SealKey>,
    pub(crate) service_role: Option<String>,
    pub(crate) max_connections: u32,
    pub(crate) acquire_timeout: Duration,
    pub(crate) statement_timeout: Duration,
    pub(crate) prepared: bool,
    pub(crate) binding: Binding,
    pub(crate) share: ShareRule,
    pub(crate) schema: &'static str,
    pub(crate) auditor: Option<Auditor>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cursor_key: CursorKey,
    pub(crate) servers: Vec<NamedServer>,
    pub(crate) replicas: Vec<ReplicaOf>,
    pub(crate) replica_lag: Duration,
    pub(crate) verify_every: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) dedicated_connections: u32,
    pub(crate) dedicated_per_tenant: u32,
    pub(crate) dedicated_idle: Duration,
}

/// A server beside the first one.
#[derive(Debug)]
pub(crate) struct NamedServer {
    pub(crate) name: ServerName,
    pub(crate) url: Address,
}

/// A replica of one of the servers.
#[derive(Debug)]
pub(crate) struct ReplicaOf {
    /// None for the first.
    pub(crate) server: Option<ServerName>,
    pub(crate) url: Address,
}

impl Default for TenantDbOptions {
    fn default() -> Self {
        Self {
            registry: Registry::default(),
            shared: SharedRegistry::default(),
            cross_tenant: None,
            cross_tenant_at: Vec::new(),
            known: Known::default(),
            seal: None,
            service_role: None,
            // Ten is what sqlx takes; a transaction holds one for a millisecond or so.
            max_connections: 10,
            // Long enough for a queue, short enough for a caller who waits.
            acquire_timeout: Duration::from_secs(5),
            // A statement whose request is gone runs on at the server until this.
            statement_timeout: Duration::from_secs(30),
            prepared: true,
            binding: Binding::Transaction,
            share: ShareRule::Same(TenantShare::new()),
            schema: "public",
            auditor: None,
            clock: Arc::new(SystemClock),
            cursor_key: CursorKey::default(),
            servers: Vec::new(),
            replicas: Vec::new(),
            // Long enough for a burst of writes, short enough for a page that somebody looks at.
            replica_lag: Duration::from_secs(5),
            // Some queries of the catalogue, by one transaction; others do not wait for it.
            verify_every: Duration::from_mins(5),
            // A server in reach answers in milliseconds; who waits for one that is away holds a
            // place that others need.
            connect_timeout: Duration::from_secs(3),
            // A server takes a hundred or so, and there may be several programs.
            dedicated_connections: 50,
            dedicated_per_tenant: 4,
            dedicated_idle: Duration::from_mins(1),
        }
    }
}

impl TenantDbOptions {
    /// Makes an entity known. Its repository works only then, and its table is protected.
    ///
    /// # Panics
    ///
    /// When another entity has the same table.
    pub fn register<E: TenantEntity>(mut self) -> Self {
        let table = E::TABLE.name();
        assert!(!self.shared.has(table), "the table {table:?} is registered as a shared one");
        self.registry.add::<E>();
        self
    }

    /// Makes an entity known whose table all tenants share. Its table is not protected, and
    /// [`TenantTx::sql`](crate::TenantTx::sql) may read it, not write it.
    ///
    /// # Panics
    ///
    /// When another entity has the same table: one that is shared is never a tenant's.
    pub fn register_shared<E: SharedEntity>(mut self) -> Self {
        let table = E::TABLE.name();
        assert!(!self.registry.has(table), "the table {table:?} is registered for tenants");
        self.shared.add::<E>();
        self
    }

    /// Sets the address through which [`TenantDb::cross_tenant`] reads the rows of all tenants of the
    /// first server; without one it refuses.
    ///
    /// On Postgres it names a role of its own, which sees all rows and changes none:
    ///
    /// ```sql
    /// CREATE ROLE reports LOGIN PASSWORD '…' NOSUPERUSER BYPASSRLS;
    /// GRANT SELECT ON payments, customers TO reports;
    /// ```
    ///
    /// The role of tenants' transactions must not be a member of it. On SQLite it is the same
    /// file; a database in memory cannot be opened twice.
    pub fn cross_tenant(mut self, url: impl Into<String>) -> Self {
        self.cross_tenant = Some(Address(url.into()));
        self
    }

    /// Sets the address through which [`TenantDb::cross_tenant_at`] reads the rows of all tenants of a
    /// [named server](Self::server): as [`cross_tenant`](Self::cross_tenant) does for the first.
    ///
    /// # Panics
    ///
    /// When there is no server of that name yet, or it has such an address already.
    pub fn cross_tenant_at(mut self, server: &str, url: impl Into<String>) -> Self {
        let known = self.servers.iter().find(|known| known.name.as_str() == server);
        let name = known.expect("the server whose tenants are read").name.clone();
        assert!(
            self.cross_tenant_at.iter().all(|other| other.name != name),
            "the server {name} has an address for that already"
        );
        self.cross_tenant_at.push(NamedServer { name, url: Address(url.into()) });
        self
    }

    /// Makes a view known to [`TenantTx::sql`](crate::TenantTx::sql), with the column that says
    /// whose its rows are. It is read like a table of tenants and not written to.
    ///
    /// On Postgres give it `security_invoker`, so that row-level security asks for the tenant of
    /// the transaction and not for the rights of the view's owner.
    ///
    /// # Panics
    ///
    /// When a name is not plain, or taken by a table; the latter when the database is opened.
    pub fn tenant_view(mut self, view: &'static str, tenant_column: &'static str) -> Self {
        self.known.add_view(view, tenant_column);
        self
    }

    /// Lets statements of [`TenantTx::sql`](crate::TenantTx::sql) call one more function.
    ///
    /// Only a function whose result depends on its arguments alone may be allowed: one that reads a
    /// table, a file or another server goes past the tenant.
    ///
    /// # Panics
    ///
    /// When the name is not plain.
    pub fn allow_function(mut self, function: &'static str) -> Self {
        self.known.add_function(function);
        self
    }

    /// Binds tenants by a seal, on Postgres: row-level security believes a tenant only with a proof
    /// that this key made, for this very transaction. Then not even injected SQL that names another
    /// tenant sees its rows, and [`TenantTx::executor`](crate::TenantTx::executor) lends a plain
    /// executor of sqlx.
    ///
    /// It takes two roles. The owner of the tables migrates, with this option; that makes the
    /// function `tenancy.current_tenant()`, a table of keys that only the owner reads, and the
    /// policies that ask the function. The service is another role, that
    /// [`service_role`](Self::service_role) or [`TenantDb::grant_to`] gives its rights; start-up
    /// refuses one that could get around. Tenants with a schema or a database of their own are
    /// sealed in the same way: the owner provisions them.
    ///
    /// ```no_run
    /// # use tenancy_sqlx::{Migration, SealKey, TenantDb};
    /// # async fn example(secret: [u8; 32], migrations: &[Migration]) -> Result<(), tenancy_core::Error> {
    /// let key = SealKey::new(1, &secret)?;
    /// let owner = TenantDb::options().sealed(key.clone()).connect("postgres://owner@…/app").await?;
    /// owner.migrate(migrations).await?;
    /// owner.grant_to("service").await?;
    ///
    /// let db = TenantDb::options().sealed(key).connect("postgres://service@…/app").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// To change the key, migrate with a key of the next version, start the services with it, and
    /// end the old one by [`TenantDb::expire_seal_key`]. Each database has its keys: for tenants with
    /// a database of their own, [`TenantDb::migrate_tenant`] brings the new one and
    /// [`TenantDb::expire_tenant_seal_key`] ends the old one.
    ///
    /// It costs one round trip a transaction. The proof is over the process and the begin of the
    /// transaction, so that it works behind a pooler in transaction mode too. The library's own
    /// tables, `tenancy_*`, are not sealed.
    pub fn sealed(mut self, key: SealKey) -> Self {
        self.seal = Some(key);
        self
    }

    /// Names the role that the service runs as, for a program that migrates and provisions as the
    /// owner of the tables, on Postgres: every place that it makes or brings up to date gives that
    /// role what [`TenantDb::grant_to`] would, and a tenant's own database lets it connect.
    ///
    /// ```no_run
    /// # use tenancy_core::Tenant;
    /// # use tenancy_sqlx::{Migration, TenantDb};
    /// # async fn example(tenant: &Tenant, migrations: &[Migration]) -> Result<(), tenancy_core::Error> {
    /// let owner = TenantDb::options().service_role("service").connect("postgres://owner@…/app").await?;
    /// owner.migrate(migrations).await?;
    /// owner.provision(tenant, migrations).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`connect`](Self::connect) refuses a name that is not plain: 1 to 63 of `a-z`, `0-9` and `_`.
    pub fn service_role(mut self, role: impl Into<String>) -> Self {
        self.service_role = Some(role.into());
        self
    }

    /// Sets the most connections to each server, but for those of tenants with a database of their
    /// own; 10 unless set. On SQLite this counts readers.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Sets how long a transaction may wait for a connection; 5 seconds unless set.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Sets how long Postgres, `MySQL` and `MariaDB` may work on one statement; 30 seconds unless
    /// set, here or for a tenant by its [share](Self::share). `MySQL` bounds reading by it; writing waits no longer for a lock.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// Sets the schema of all tables on Postgres; `public` unless set. No other is searched.
    ///
    /// # Panics
    ///
    /// When the name is no plain identifier: 1 to 63 of `a-z`, `0-9` and `_`, not starting with
    /// a digit.
    pub fn schema(mut self, schema: &'static str) -> Self {
        assert!(is_plain(schema), "a schema's name must be plain: a-z, 0-9 and _, 63 at most");
        self.schema = schema;
        self
    }

    /// Prepares no statement under a name on Postgres. It costs a round trip a statement.
    ///
    /// A pooler in transaction mode that does not keep prepared statements apart **must** have
    /// this: PgBouncer before 1.24, or with `max_prepared_statements = 0`. Without it a statement
    /// fails, or another one of the same name runs instead: start-up tries that and refuses it.
    pub fn without_prepared_statements(mut self) -> Self {
        self.prepared = false;
        self
    }

    /// Sets how Postgres learns the tenant; [`Binding::Transaction`] unless set.
    ///
    /// ```no_run
    /// # use tenancy_sqlx::{Binding, TenantDb};
    /// # async fn example() -> Result<(), tenancy_core::Error> {
    /// let options = TenantDb::options().binding(Binding::Session);
    /// let db = options.connect("postgres://app@localhost/app").await?;
    /// # Ok(()) }
    /// ```
    pub fn binding(mut self, binding: Binding) -> Self {
        self.binding = binding;
        self
    }

    /// Sets how much of the database each tenant may have at a time; without a bound of its own unless
    /// set. Of this and the two below the last call counts.
    pub fn share(mut self, share: TenantShare) -> Self {
        self.share = ShareRule::Same(share);
        self
    }

    /// Sets it by the tenant's id: `share` is asked when a transaction begins, and must answer
    /// from memory.
    pub fn share_by_id(
        mut self,
        share: impl Fn(TenantId) -> TenantShare + Send + Sync + 'static,
    ) -> Self {
        self.share = ShareRule::ById(Arc::new(share));
        self
    }

    /// Sets it by the tenant's record, and so by its plan: `share` is asked when a transaction
    /// begins, with what the [directory](TenantDb::with_directory) says. Without one, tenants are
    /// refused.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tenancy_sqlx::{TenantDb, TenantShare};
    ///
    /// let options = TenantDb::options().share_by_record(|tenant| match tenant.plan().name() {
    ///     "enterprise" => TenantShare::new().connections(8),
    ///     _ => TenantShare::new().connections(2).statement_timeout(Duration::from_secs(2)),
    /// });
    /// ```
    pub fn share_by_record(
        mut self,
        share: impl Fn(&Tenant) -> TenantShare + Send + Sync + 'static,
    ) -> Self {
        self.share = ShareRule::ByRecord(Arc::new(share));
        self
    }

    /// Tells an auditor of each blocked crossing: a row of another tenant that came back, an
    /// entity of another tenant that was to be written. Its own log needs another `TenantDb`.
    pub fn auditor(mut self, auditor: Auditor) -> Self {
        self.auditor = Some(auditor);
        self
    }

    /// Sets the clock of the times that the library keeps (`created_at`, `updated_at`,
    /// `deleted_at`); the system's unless set.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the secret that seals cursors of lists: the same on all nodes, 32 random bytes or more.
    ///
    /// Unless it is set, a cursor is bound to its tenant and its list too, and one that was altered
    /// by mistake is refused; but somebody who reads this library can make one up. That reaches
    /// no row that the list would not show.
    pub fn cursor_key(mut self, secret: &[u8]) -> Self {
        self.cursor_key = CursorKey::new(secret);
        self
    }

    /// Names another server that tenants may be [placed](tenancy_core::Placement) on. It speaks
    /// the same database as the first one, and has the same role and schema.
    ///
    /// # Panics
    ///
    /// When [`ServerName`] refuses the name, or it is there already.
    pub fn server(mut self, name: &str, url: impl Into<String>) -> Self {
        let name = ServerName::parse(name).expect("the name of a server");
        assert!(
            self.servers.iter().all(|server| server.name != name),
            "the server {name} is there already"
        );
        self.servers.push(NamedServer { name, url: Address(url.into()) });
        self
    }

    /// Names a streaming replica of the first server, on Postgres. [`TenantDb::read`] may go there:
    /// it has the same role, schema and password rules as the server that it follows, and its own
    /// `max_connections`. There may be several; they take turns.
    ///
    /// **A tenant's readers see its own writes.** After a commit of a tenant by this `TenantDb`, its
    /// readers go to the primary until the replica has replayed all that was committed by then.
    /// What another program commits may be missing, for as long as
    /// [`replica_lag`](Self::replica_lag) says: [`TenantDb::read_latest`] misses nothing.
    ///
    /// A replica that is away, behind, not the server's, or that would not keep tenants apart by
    /// itself is not used: the primary answers.
    pub fn replica(mut self, url: impl Into<String>) -> Self {
        self.replicas.push(ReplicaOf { server: None, url: Address(url.into()) });
        self
    }

    /// Names a streaming replica of a [named server](Self::server).
    ///
    /// # Panics
    ///
    /// When there is no server of that name yet.
    pub fn replica_of(mut self, server: &str, url: impl Into<String>) -> Self {
        let known = self.servers.iter().find(|known| known.name.as_str() == server);
        let server = known.expect("the server that the replica follows").name.clone();
        self.replicas.push(ReplicaOf { server: Some(server), url: Address(url.into()) });
        self
    }

    /// Sets how old the answer of a replica may be; 5 seconds unless set. One that is further behind
    /// is not used.
    pub fn replica_lag(mut self, lag: Duration) -> Self {
        self.replica_lag = lag;
        self
    }

    /// Sets how long it is believed of a place that it keeps tenants apart by itself, as
    /// [`TenantDb::verify`] found it; 5 minutes unless set. Then one transaction looks again before
    /// it begins. When somebody has taken a policy away meanwhile, the place is refused until
    /// it is there again.
    pub fn verify_every(mut self, time: Duration) -> Self {
        self.verify_every = time;
        self
    }

    /// Sets how long a server may take to answer a new connection, or the begin of a transaction;
    /// 3 seconds unless set. After three failures in a row a server is left alone for a moment,
    /// and its tenants are refused at once.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the most connections to databases of single tenants, of all of them together; 50
    /// unless set. They are opened when needed. When all are open, the one that has been idle the
    /// longest is closed; when none is idle, transactions wait, up to the acquire time-out.
    pub fn dedicated_connections(mut self, connections: u32) -> Self {
        self.dedicated_connections = connections.max(1);
        self
    }

    /// Sets the most of them that one tenant may have; 4 unless set. On SQLite this counts readers.
    pub fn dedicated_per_tenant(mut self, connections: u32) -> Self {
        self.dedicated_per_tenant = connections.max(1);
        self
    }

    /// Sets how long one of them may be idle before it is closed; a minute unless set.
    pub fn dedicated_idle(mut self, time: Duration) -> Self {
        self.dedicated_idle = time;
        self
    }

    /// Opens the database; the URL's scheme chooses it.
    ///
    /// * `postgres://user:password@host/database`
    /// * `mysql://user:password@host/database`, for `MariaDB` too
    /// * `sqlite://path/to/file.db?mode=rwc`, `sqlite::memory:`
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) for a URL that cannot
    /// be read, for a [`Binding`] that the database does not have, and for a pooler that it does
    /// not work behind; [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the
    /// database does not answer. To find a pooler it opens two connections for a moment.
    pub async fn connect(self, url: &str) -> Result<TenantDb, Error> {
        let db = TenantDb::open(url, self)?;
        db.ping().await?;
        db.require_route(Place::MAIN).await?;
        Ok(db)
    }
}

/// The address of a database. It may hold a password: `Debug` does not show it.
pub(crate) struct Address(String);

impl Address {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address")
    }
}
