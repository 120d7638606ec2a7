//! The rows that a probe plays with: one of each table for each tenant.

use tenancy_core::entity::{Table, Value};
use tenancy_core::{Error, ErrorKind, TenantId};

use super::curtain::Curtain;
use super::finding::{Finding, Gravity, Hand};
use super::sample::Style;
use super::stage::{Stage, remove_in, said};
use crate::keys::Reference;
use crate::repository::{Verb, Verbs};

/// A table, and the rows that were made in it.
pub(super) struct Cast<'a> {
    pub(super) table: Table,
    pub(super) verbs: &'a dyn Verbs,
    /// Its foreign keys to other registered tables.
    pub(super) references: Vec<Link>,
    /// A row of each tenant, as stored.
    pub(super) rows: [Vec<Value>; 2],
    /// Two more rows of each tenant, which are not stored.
    pub(super) spares: [[Vec<Value>; 2]; 2],
    /// By which rows are made up here.
    style: Style,
}

/// A foreign key: the columns here, and those there that they must be found in.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) table: Table,
    pub(super) columns: Vec<(usize, usize)>,
}

/// Values that the user gives: by table and column.
pub(super) type Given = Vec<(&'static str, usize, Vec<Value>)>;

impl Link {
    /// Brings a foreign key of the catalogue to the positions of columns; none when it leads to a
    /// table or a column that no entity has.
    pub(super) fn of(table: &Table, reference: &Reference, tables: &[Table]) -> Option<Self> {
        let target = *tables.iter().find(|target| target.name() == reference.table)?;
        let at = |table: &Table, name: &str| {
            table.columns().iter().position(|column| column.name() == name)
        };
        let columns = reference
            .columns
            .iter()
            .map(|(own, other)| Some((at(table, own)?, at(&target, other)?)));
        let columns = columns.collect::<Option<_>>()?;
        Some(Self { name: reference.name.clone(), table: target, columns })
    }
}

impl<'a> Cast<'a> {
    /// Makes a row for each tenant and commits it, in the first style that the table takes.
    ///
    /// The error is the finding that says why not.
    pub(super) async fn make(
        (stage, curtain): (&Stage, &mut Curtain),
        (table, verbs): (Table, &'a dyn Verbs),
        references: Vec<Link>,
        before: &[Self],
        given: &Given,
    ) -> Result<Self, Finding> {
        let mut refusal = Refusal { is_of_delete: false, said: String::new() };
        for style in Style::all() {
            let (rows, spares) = Default::default();
            let mut cast =
                Self { table, verbs, references: references.clone(), rows, spares, style };
            cast.spares =
                [0, 1].map(|who| [2, 3].map(|number| cast.row(stage, who, number, before, given)));
            let rows = [0, 1].map(|who| cast.row(stage, who, who, before, given));
            for row in rows.iter().chain(cast.spares.iter().flatten()) {
                curtain.expect(&table, row);
            }
            match cast.enter(stage, rows).await {
                Ok(()) => return Ok(cast),
                Err(other) => refusal.learn(other),
            }
        }
        Err(refusal.finding(&table))
    }

    /// Makes up a row of the tenant number `who`; `number` makes it another one than others.
    pub(super) fn row(
        &self,
        stage: &Stage,
        who: usize,
        number: usize,
        before: &[Self],
        given: &Given,
    ) -> Vec<Value> {
        let place = u32::try_from(before.len() * 10 + number + 1).unwrap_or(u32::MAX);
        let mut row = self.style.row(&self.table, stage.tenants[who], place);
        for (table, column, values) in given {
            if *table == self.table.name() {
                row[*column].clone_from(&values[number % values.len()]);
            }
        }
        for link in &self.references {
            let parent = before.iter().find(|cast| cast.table.name() == link.table.name());
            for (own, other) in &link.columns {
                if *own == self.table.tenant() {
                    continue;
                }
                match parent {
                    Some(parent) => row[*own].clone_from(&parent.rows[who][*other]),
                    // To itself, or around in a circle.
                    None if self.table.columns()[*own].is_nullable() => {
                        row[*own] = Value::Null(self.table.columns()[*own].kind());
                    }
                    None if link.table.name() == self.table.name() => {
                        row[*own] = row[*other].clone();
                    }
                    None => {}
                }
            }
        }
        row
    }

    /// Inserts both rows for good, after one try in a transaction that is rolled back: what cannot
    /// be deleted again is not left behind.
    async fn enter(&mut self, stage: &Stage, rows: [Vec<Value>; 2]) -> Result<(), Refusal> {
        for (tenant, row) in stage.tenants.into_iter().zip(&rows) {
            self.verbs.check(row).map_err(Refusal::of_insert)?;
            let mut tx = stage.db.tenant(tenant);
            self.verbs.run(&mut tx, Verb::Insert, row).await.map_err(Refusal::of_insert)?;
            let connection = tx.connection_of_probe().await.map_err(Refusal::of_insert)?;
            let removed = remove_in(connection, &self.table, tenant, self.key(row)).await;
            if !removed.map_err(Refusal::of_delete)? {
                let message = "delete a row: it stays";
                return Err(Refusal::of_delete(Error::new(ErrorKind::Conflict, message)));
            }
            tx.rollback().await.map_err(Refusal::of_delete)?;
        }
        for (who, row) in rows.into_iter().enumerate() {
            match self.store(stage, stage.tenants[who], &row).await {
                Ok(stored) => self.rows[who] = stored,
                Err(error) => {
                    if who == 1 {
                        // The next style makes another.
                        let first = self.key(&self.rows[0]);
                        let removed = stage.remove(&self.table, stage.tenants[0], first).await;
                        removed.map_err(Refusal::of_delete)?;
                    }
                    return Err(Refusal::of_insert(error));
                }
            }
        }
        Ok(())
    }

    /// Inserts a row for good, and returns it as stored.
    async fn store(
        &self,
        stage: &Stage,
        tenant: TenantId,
        row: &[Value],
    ) -> Result<Vec<Value>, Error> {
        let mut tx = stage.db.tenant(tenant);
        self.verbs.run(&mut tx, Verb::Insert, row).await?;
        tx.commit().await?;
        let stored = stage.look(&self.table, tenant, self.key(row)).await?;
        stored.ok_or_else(|| Error::new(ErrorKind::Internal, "read a row: it is not there"))
    }

    /// Removes the row of a tenant for a while.
    pub(super) async fn vanish(&self, stage: &Stage, tenant: TenantId) -> Result<(), Error> {
        stage.remove(&self.table, tenant, self.key(self.row_of(stage, tenant))).await.map(drop)
    }

    /// Puts it back.
    pub(super) async fn appear(&mut self, stage: &Stage, tenant: TenantId) -> Result<(), Error> {
        let stored = self.store(stage, tenant, self.row_of(stage, tenant)).await?;
        self.rows[usize::from(stage.tenants[1] == tenant)] = stored;
        Ok(())
    }

    pub(super) fn key<'row>(&self, row: &'row [Value]) -> &'row Value {
        &row[self.table.key()]
    }

    /// The row of a tenant.
    pub(super) fn row_of(&self, stage: &Stage, tenant: TenantId) -> &[Value] {
        &self.rows[usize::from(stage.tenants[1] == tenant)]
    }

    pub(super) fn spares_of(&self, stage: &Stage, tenant: TenantId) -> &[Vec<Value>; 2] {
        &self.spares[usize::from(stage.tenants[1] == tenant)]
    }

    /// A row with the identity of the victim's, all the rules of uniqueness included, that would be
    /// the attacker's: what it refers to is the attacker's own.
    pub(super) fn disguised(
        &self,
        stage: &Stage,
        attacker: TenantId,
        victim: TenantId,
    ) -> Vec<Value> {
        let own = self.row_of(stage, attacker);
        let mut row = self.row_of(stage, victim).to_vec();
        row[self.table.tenant()].clone_from(&own[self.table.tenant()]);
        for (at, _) in self.references.iter().flat_map(|link| &link.columns) {
            row[*at].clone_from(&own[*at]);
        }
        row
    }

    /// The first column that an application changes, if there is one.
    pub(super) fn plain_column(&self) -> Option<usize> {
        let is_reference = |at: usize| {
            self.references.iter().flat_map(|link| &link.columns).any(|(own, _)| *own == at)
        };
        (0..self.table.columns().len()).find(|at| !self.table.is_kept(*at) && !is_reference(*at))
    }
}

/// Why a row could not be used.
struct Refusal {
    /// It came in, and would not go out again.
    is_of_delete: bool,
    said: String,
}

impl Refusal {
    #[expect(clippy::needless_pass_by_value, reason = "it maps an error")]
    fn of_insert(error: Error) -> Self {
        Self { is_of_delete: false, said: said(&error) }
    }

    #[expect(clippy::needless_pass_by_value, reason = "it maps an error")]
    fn of_delete(error: Error) -> Self {
        Self { is_of_delete: true, said: said(&error) }
    }

    /// Keeps the first, unless another came further.
    fn learn(&mut self, other: Self) {
        if self.said.is_empty() || (other.is_of_delete && !self.is_of_delete) {
            *self = other;
        }
    }

    fn finding(self, table: &Table) -> Finding {
        let Self { is_of_delete, said } = self;
        let (what, remedy) = if is_of_delete {
            let remedy = "rows that nobody may delete cannot be probed: leave the trigger out, or \
                          give the right, where you probe";
            ("a row would stay", remedy.to_owned())
        } else {
            let mut columns = table.columns().iter().enumerate();
            let plain = columns.clone().find(|(at, _)| !table.is_kept(*at));
            let named =
                columns.find(|(at, column)| !table.is_kept(*at) && said.contains(column.name()));
            let column = named.or(plain).map_or("id", |(_, column)| column.name()).to_uppercase();
            let remedy = format!(
                "give the values that its rules ask for: Probe::value(Entity::{column}, …), four \
                 of a column whose values must differ"
            );
            ("no row could be made up", remedy)
        };
        let what = format!("{what}: {said}");
        Finding::new(Gravity::NotTried, Hand::Together, place(table), what, remedy)
    }
}

/// How findings name a table.
pub(super) fn place(table: &Table) -> String {
    format!("the table {:?}", table.name())
}
