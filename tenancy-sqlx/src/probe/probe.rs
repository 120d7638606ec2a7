use std::fmt;
use std::sync::Arc;

use tenancy_core::entity::{Field, Table, ToValue};
use tenancy_core::{Error, ErrorKind, TenantEntity, TenantId};

use super::cast::{Cast, Given, Link};
use super::curtain::Curtain;
use super::finding::{Finding, Gravity, Hand};
use super::report::Report;
use super::stage::Stage;
use super::{by_key, by_raw, by_repository, by_sql, by_view, on_connection, surroundings};
use crate::TenantDb;

/// What is tried, and with which values. See [the module](crate::probe).
#[must_use = "a probe does nothing before run"]
pub struct Probe {
    db: TenantDb,
    tenants: Option<[TenantId; 2]>,
    given: Given,
}

impl Probe {
    /// Takes the database as the application opened it, with its entities.
    pub fn new(db: &TenantDb) -> Self {
        Self { db: db.clone(), tenants: None, given: Vec::new() }
    }

    /// Takes two tenants that the directory knows, where the database has one: for each placement
    /// that is in use, two of a test. Unless this is called they are two new ones.
    pub const fn tenants(mut self, one: TenantId, other: TenantId) -> Self {
        self.tenants = Some([one, other]);
        self
    }

    /// Gives a value for a column, where a rule of the table refuses what is made up. Called again
    /// for the same column it gives one more: they are used in turn, and four are enough where no
    /// two rows may share one.
    pub fn value<E: TenantEntity, T: ToValue, W>(
        mut self,
        column: Field<E, T, W>,
        value: impl Into<T>,
    ) -> Self {
        let (table, at, value) = (E::TABLE.name(), column.at(), value.into().to_value());
        let same = |(other, column, _): &&mut (&str, usize, _)| (*other, *column) == (table, at);
        match self.given.iter_mut().find(same) {
            Some((_, _, values)) => values.push(value),
            None => self.given.push((table, at, vec![value])),
        }
        self
    }

    /// Tries everything, and says what it found.
    ///
    /// It takes a connection of its own and some hundred statements a table.
    ///
    /// # Errors
    ///
    /// Those of the database when it does not answer, and
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) when the directory does
    /// not know the tenants. What may be a leak, or could not be tried, is a finding and no error.
    ///
    /// # Cancel safety
    ///
    /// When dropped, a task deletes its rows.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn run(self) -> Result<Report, Error> {
        let tenants = self.tenants.unwrap_or_else(|| [TenantId::generate(), TenantId::generate()]);
        if tenants[0] == tenants[1] {
            let message = "probe a database: both tenants are the same one";
            return Err(Error::invalid("tenants", message));
        }
        let db = self.db.for_probe(tenants).await.map_err(|error| match error.kind() {
            ErrorKind::TenantUnknown => Error::new(
                ErrorKind::Misconfigured,
                "probe a database: its directory does not know the tenants: give two that it \
                 knows, by Probe::tenants",
            )
            .with_source(error),
            _ => error,
        })?;
        let stage = Arc::new(Stage { db, tenants });
        let mut curtain = Curtain::new(stage.clone());
        let mut report = Report::new(stage.backend(), stage.db.registry().tables().len());
        // Boxed: it is large, and awaited once.
        let played = Box::pin(play(&mut report, &stage, &mut curtain, &self.given)).await;
        let fallen = curtain.fall().await;
        stage.seats().close().await;
        played.and(fallen)?;
        Ok(report.finish())
    }
}

async fn play(
    report: &mut Report,
    stage: &Stage,
    curtain: &mut Curtain,
    given: &Given,
) -> Result<(), Error> {
    surroundings::inspect_bare_connection(report, stage).await?;
    surroundings::inspect(report, stage).await?;
    let mut casts = cast_all(report, stage, curtain, given).await?;
    for pair in stage.pairs() {
        for cast in &casts {
            // Without a guard in the database the predicate is alone anyway.
            let hands: &[Hand] = if stage.is_guarded() {
                &[Hand::Together, Hand::Predicate]
            } else {
                &[Hand::Predicate]
            };
            for hand in hands {
                by_repository::attempt(report, stage, cast, pair, *hand).await?;
                by_sql::attempt(report, stage, cast, &casts, pair, *hand).await?;
            }
            by_key::attempt(report, stage, cast, &casts, pair).await?;
            if stage.is_guarded() {
                by_raw::attempt(report, stage, cast, pair).await?;
                #[cfg(feature = "postgres")]
                super::by_seal::attempt(report, stage, cast, pair).await?;
            }
        }
    }
    for pair in stage.pairs() {
        by_view::attempt(report, stage, &mut casts, pair).await?;
    }
    let Some(cast) = casts.first() else { return Ok(()) };
    for pair in stage.pairs() {
        on_connection::attempt(report, stage, cast, pair).await?;
    }
    if stage.db.is_sealed() {
        // What was tried against the seal is left there, and believed by nobody.
        return Ok(());
    }
    surroundings::inspect_bare_connection(report, stage).await
}

/// Makes rows in every table, those that others refer to first.
async fn cast_all<'a>(
    report: &mut Report,
    stage: &'a Stage,
    curtain: &mut Curtain,
    given: &Given,
) -> Result<Vec<Cast<'a>>, Error> {
    let mut left = Vec::new();
    for (table, verbs) in stage.db.registry().verbs() {
        let references = surroundings::references(stage, &table).await?;
        left.push((table, verbs, references));
    }
    if left.is_empty() {
        report.find(Some(Finding::new(
            Gravity::NotTried,
            Hand::Together,
            "the options",
            "no entity is registered",
            "add .register::<Entity>() to TenantDb::options()",
        )));
    }
    let mut casts = Vec::new();
    while !left.is_empty() {
        let waits = |links: &[Link], table: &Table, left: &[(Table, _, _)]| {
            links.iter().any(|link: &Link| {
                link.table.name() != table.name()
                    && left.iter().any(|(other, _, _)| other.name() == link.table.name())
            })
        };
        let is_ready = |(table, _, links): &(Table, _, Vec<Link>)| !waits(links, table, &left);
        // In a circle of references any is as good.
        let next = left.iter().position(is_ready).unwrap_or(0);
        let (table, verbs, references) = left.remove(next);
        match Cast::make((stage, curtain), (table, verbs), references, &casts, given).await {
            Ok(cast) => casts.push(cast),
            Err(finding) => report.find(Some(finding)),
        }
    }
    Ok(casts)
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("db", &self.db).finish_non_exhaustive()
    }
}
