//! Whether a place keeps tenants apart by itself: installed, and looked at before it is used.

use tenancy_core::{Error, ErrorKind};

use super::TenantDb;
use crate::migrate::{self, Migration, Tables};
use crate::pool::{Guard, Place, Room};
use crate::{keys, rls, seal};

impl TenantDb {
    /// Checks one place, and not its replicas.
    pub(crate) async fn verify_here(&self) -> Result<(), Error> {
        self.verify_tables().await?;
        match &self.inner.options.seal {
            Some(key) => seal::verify(self, key).await,
            None => Ok(()),
        }
    }

    /// Checks what must hold for the owner of the tables too.
    pub(crate) async fn verify_tables(&self) -> Result<(), Error> {
        rls::verify(self).await?;
        keys::verify(self).await
    }

    /// Runs migrations of the application at this place, and protects its tables.
    pub(crate) async fn migrate_here(&self, migrations: &[Migration]) -> Result<(), Error> {
        self.require_route(self.place).await?;
        rls::verify_role(self).await?;
        migrate::run(self, Tables::OfApplication, migrations).await?;
        self.guard().await
    }

    /// Guards the tables of this place. That the service is not their owner is checked by the
    /// service.
    pub(super) async fn guard(&self) -> Result<(), Error> {
        if let Some(key) = &self.inner.options.seal {
            seal::install(self, key).await?;
        }
        rls::enable(self).await?;
        if let Some(role) = &self.inner.options.service_role {
            seal::grant(self, role).await?;
        }
        self.verify_tables().await
    }

    /// Refuses a server whose connections are not what the options take them for. Each is asked
    /// once.
    pub(crate) async fn require_route(&self, place: Place) -> Result<(), Error> {
        // Boxed: it is rare, and would make the future of every statement as large as itself.
        let verify = || Box::pin(self.servers().verify_route(place, &self.inner.options));
        self.servers().verified(place).route.get_or_try_init(verify).await.map(drop)
    }

    /// Refuses a place that would not keep tenants apart by itself. Each is asked once in a while.
    pub(super) async fn require_guard(&self, place: Place) -> Result<(), Error> {
        self.require_route(place).await?;
        let every = self.inner.options.verify_every.as_micros();
        let (now, every) = (self.clock().now_micros(), i64::try_from(every).unwrap_or(i64::MAX));
        let verified = self.servers().verified(place);
        match verified.guard(place.room, now, every) {
            Guard::Sound => Ok(()),
            // Boxed: it is rare, and would make the future of every statement as large as itself.
            Guard::Unknown => {
                Box::pin(async {
                    let turn = match place.room {
                        Room::Shared => Some(verified.turn().await),
                        // Each is looked at by itself.
                        Room::Schema(_) | Room::Database(_) => None,
                    };
                    if let Guard::Unknown = verified.guard(place.room, now, every) {
                        self.look_at(place).await?;
                        verified.add(place.room, now);
                    }
                    drop(turn);
                    Ok(())
                })
                .await
            }
            Guard::Due(claim) => match Box::pin(self.look_at(place)).await {
                Ok(()) => {
                    claim.sound();
                    Ok(())
                }
                // Who cannot ask has learnt nothing new: the next one tries.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Overloaded) =>
                {
                    Ok(())
                }
                Err(error) => {
                    claim.unsound();
                    tracing::error!(%error, "a database no longer keeps tenants apart by itself");
                    Err(error)
                }
            },
        }
    }

    async fn look_at(&self, place: Place) -> Result<(), Error> {
        match place.room {
            Room::Shared => self.at(place).verify_here().await,
            Room::Schema(_) | Room::Database(_) => self.at(place).verify_own().await,
        }
    }
}
