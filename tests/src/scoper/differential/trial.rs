use tenancy_core::{Error, ErrorKind};
use tenancy_sqlx::{FromTenantRow, TenantDb};

use super::generate::{Flavour, Generate};
use super::random::Random;
use super::schema::Schema;
use super::select;
use crate::harness::is_long;

/// How many statements one set of tables gets.
const STATEMENTS_OF_A_ROUND: usize = 250;

/// A database without a guard beside one that shows a tenant nothing but its rows.
pub(super) trait Pair {
    /// The database that the scoper works on.
    fn scoped(&self) -> &TenantDb;

    /// Runs the bare statement for a tenant, a position in `tenants`, and commits.
    async fn bare(
        &mut self,
        tenant: usize,
        sql: &str,
        values: [i64; 3],
        parameters: usize,
    ) -> Result<Vec<String>, sqlx::Error>;

    /// All rows of all tenants in both, in one order.
    async fn everything(&mut self) -> (Vec<String>, Vec<String>);

    async fn close(self);
}

#[derive(FromTenantRow)]
struct Row {
    line: String,
}

#[derive(Debug, Default)]
struct Tally {
    with_rows: usize,
    written: usize,
    failed: usize,
}

/// Runs as many random statements as were asked for, a round on each set of tables.
pub(super) async fn run<P: Pair>(flavour: Flavour, open: impl AsyncFn(&Schema) -> P) {
    let number = |name, otherwise: u64| -> u64 {
        std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let usual = if is_long() { 10_000 } else { 500 };
    let (statements, seed) = (number("SCOPER_STATEMENTS", usual), number("SCOPER_SEED", 1));
    let mut tally = Tally::default();
    let rounds = statements.div_ceil(STATEMENTS_OF_A_ROUND as u64);
    for round in seed..seed + rounds {
        let mut random = Random::new(round);
        let schema = Schema::new(&mut random);
        let mut pair = Box::pin(open(&schema)).await;
        let mut generate = Generate {
            random: &mut random,
            schema: &schema,
            flavour,
            ctes: Vec::new(),
            names: 0,
            parameters: 0,
        };
        for at in 0..STATEMENTS_OF_A_ROUND {
            let (sql, is_write) = generate.statement();
            let values = [0, 1, 2].map(|_| generate.random.small(8));
            let (parameters, tenant) = (generate.parameters, generate.random.below(3));
            let (bare, sql) = (select::bare(&sql, flavour), select::scoped(&sql));
            let trial = Trial { sql, bare, is_write, values, parameters, tenant };
            let place = format!("round {round} statement {at}");
            Box::pin(trial.run(&mut pair, &schema, &place, &mut tally)).await;
        }
        pair.close().await;
    }
    eprintln!("{flavour:?}: {} statements, {tally:?}", rounds * STATEMENTS_OF_A_ROUND as u64);
    let all = usize::try_from(rounds).expect("small") * STATEMENTS_OF_A_ROUND;
    // Otherwise it would prove little.
    assert!(tally.with_rows * 3 > all, "{tally:?}");
    assert!(tally.written * 20 > all, "{tally:?}");
    assert!(tally.failed * 5 < all, "{tally:?}");
}

struct Trial {
    sql: String,
    bare: String,
    is_write: bool,
    values: [i64; 3],
    parameters: usize,
    tenant: usize,
}

impl Trial {
    async fn run<P: Pair>(&self, pair: &mut P, schema: &Schema, place: &str, tally: &mut Tally) {
        let Self { sql, values, parameters, tenant, .. } = self;
        let scoped = Box::pin(self.scoped(pair.scoped(), schema)).await;
        let bare = pair.bare(*tenant, &self.bare, *values, *parameters).await;
        match (scoped, bare) {
            (Ok(mut scoped), Ok(mut bare)) => {
                scoped.sort();
                bare.sort();
                assert_eq!(scoped, bare, "{place}, {values:?}: {sql}");
                tally.with_rows += usize::from(!bare.is_empty());
                if self.is_write && !bare.is_empty() {
                    tally.written += 1;
                    let (unguarded, guarded) = pair.everything().await;
                    assert_eq!(unguarded, guarded, "{place}, {values:?}: {sql}");
                }
            }
            (Err(error), Err(_)) if error.kind() != ErrorKind::Misconfigured => tally.failed += 1,
            (scoped, bare) => {
                panic!("{place}, {values:?}: {sql}\nscoped: {scoped:?}\nbare: {bare:?}")
            }
        }
    }

    async fn scoped(&self, db: &TenantDb, schema: &Schema) -> Result<Vec<String>, Error> {
        let tenant = schema.tenants[self.tenant];
        let mut tx = if self.is_write { db.tenant(tenant) } else { db.read(tenant) };
        let sql: &'static str = self.sql.clone().leak();
        let values = &self.values[..self.parameters];
        let bound = values.iter().fold(tx.sql(sql), |sql, value| sql.bind(*value));
        let rows = bound.fetch_all_as::<Row>().await?;
        tx.commit().await?;
        Ok(rows.into_iter().map(|row| row.line).collect())
    }
}
