//! Making the place of a tenant, and bringing it up to date.

use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{Error, ErrorKind, Tenant};

use crate::backend::{Access, Backend, Connection};
use crate::ident;
use crate::migrate::{self, Migration};
use crate::pool::{Place, Room, not_provisioned};
use crate::{TenantDb, rls};

impl TenantDb {
    /// Makes the place that a tenant's record names, unless it is there, and runs `migrations` in
    /// it: its schema on Postgres, its database, its file on SQLite. It may run again at any time,
    /// and goes on where it was stopped; tenants may be provisioned side by side.
    ///
    /// For a tenant in shared tables this is [`verify`](Self::verify) for their server, but for
    /// what only the service must not be: nothing is made there, [`migrate`](Self::migrate) does that
    /// for all.
    ///
    /// On Postgres the role must be allowed to: `CREATE` on the database for a schema, the
    /// attribute `CREATEDB` for a database, to which `PUBLIC` may not connect then. Inside, every
    /// table of a registered entity has row-level security like a shared one: whoever gets to
    /// another tenant's schema sees nothing there. The library's own tables are not made there, so
    /// that a migration may not refer to them.
    ///
    /// # Errors
    ///
    /// Those of [`migrate`](Self::migrate);
    /// [`ErrorKind::Misconfigured`] when the record names a server that is not in the options, or
    /// an isolation that the database does not have, and when somebody else owns the place.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, it may have made some of it: run it again.
    pub async fn provision(&self, tenant: &Tenant, migrations: &[Migration]) -> Result<(), Error> {
        let place = self.servers().place(tenant.placement(), tenant.id())?;
        let shared = self.at(Place { room: Room::Shared, ..place });
        match place.room {
            Room::Shared => return shared.verify_tables().await,
            Room::Schema(_) => {
                rls::verify_role(&shared).await?;
                self.at(place).create_schema().await?;
            }
            Room::Database(owner) => {
                rls::verify_role(&shared).await?;
                let options = self.options_in_use();
                self.servers().create_database(place.node, owner, options).await?;
                self.at(place).create_schema().await?;
            }
        }
        self.migrate_own(place, migrations).await
    }

    /// Runs `migrations` in the place of a tenant that was [provisioned](Self::provision) before.
    /// For a tenant in shared tables there is nothing to do: [`migrate`](Self::migrate) does it.
    ///
    /// # Errors
    ///
    /// Those of [`migrate`](Self::migrate), and [`ErrorKind::TenantProvisioning`] when the place
    /// is not there.
    pub async fn migrate_tenant(
        &self,
        tenant: &Tenant,
        migrations: &[Migration],
    ) -> Result<(), Error> {
        let place = self.servers().place(tenant.placement(), tenant.id())?;
        if place.room == Room::Shared {
            return Ok(());
        }
        self.at(place).require_there().await?;
        self.migrate_own(place, migrations).await
    }

    async fn migrate_own(&self, place: Place, migrations: &[Migration]) -> Result<(), Error> {
        self.at(place).migrate_here(migrations).await?;
        self.servers().verified(place).add(place.room, self.clock().now_micros());
        Ok(())
    }

    /// Checks that the place of a tenant, where this is, is there and guarded.
    pub(crate) async fn verify_own(&self) -> Result<(), Error> {
        self.require_there().await?;
        self.verify_here().await.map_err(|error| match error.kind() {
            ErrorKind::Misconfigured => {
                let message = "use the place of a tenant: it is not as TenantDb::provision leaves \
                               it: run that";
                Error::new(ErrorKind::Misconfigured, message).with_source(error)
            }
            _ => error,
        })
    }

    /// Makes the schema that this place has its tables in, on Postgres.
    async fn create_schema(&self) -> Result<(), Error> {
        let Some(name) = self.schema_here() else { return Ok(()) };
        let mut connection = self.begin_shared(Access::ReadWrite).await?;
        migrate::lock(self, &mut connection).await?;
        let make = format!("CREATE SCHEMA IF NOT EXISTS {}", ident::quote(&name));
        connection.script("make a schema", AssertSqlSafe(make).into_sql_str()).await?;
        // Whoever made it before us could have left functions and operators in it.
        if matches!(self.place().room, Room::Schema(_))
            && schema(&mut connection, &name).await? != Schema::Ours
        {
            let message = "make a schema: another role owns it: provision as that role";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        connection.commit().await
    }

    /// Refuses a schema that is not there. Of a database that is missing, its connection tells.
    async fn require_there(&self) -> Result<(), Error> {
        let (Room::Schema(_), Some(name)) = (self.place().room, self.schema_here()) else {
            return Ok(());
        };
        let mut connection = self.begin_shared(Access::ReadOnly).await?;
        let found = schema(&mut connection, &name).await?;
        connection.rollback().await?;
        if found == Schema::Absent {
            return Err(not_provisioned(Error::new(ErrorKind::NotFound, "find a schema")));
        }
        Ok(())
    }

    /// The schema of this place, where there are schemas.
    pub(crate) fn schema_here(&self) -> Option<String> {
        match (self.backend(), self.place().room) {
            (Backend::Postgres, Room::Schema(owner)) => Some(ident::of_tenant(owner)),
            (Backend::Postgres, _) => Some(self.options_in_use().schema.to_owned()),
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Schema {
    Absent,
    Ours,
    OfOthers,
}

async fn schema(connection: &mut Connection, name: &str) -> Result<Schema, Error> {
    let sql =
        "SELECT pg_get_userbyid(nspowner) = current_user FROM pg_namespace WHERE nspname = $1";
    let read = |row: &mut dyn Row| bool::from_value(row.take(0, Kind::Bool)?);
    let found = connection.fetch("find a schema", sql.into_sql_str(), vec![name.to_value()], read);
    Ok(match found.await?.first() {
        None => Schema::Absent,
        Some(true) => Schema::Ours,
        Some(false) => Schema::OfOthers,
    })
}
