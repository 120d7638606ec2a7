use std::sync::Arc;
use std::time::Duration;

use tenancy_core::{List, ManualClock, TenantId};
use tenancy_sqlx::{TenantDb, TenantTx};

use super::PLACES;
use super::model::Model;
use super::number::{Random, variable};
use super::step::Step;
use crate::harness::{Customer, Invoice, is_long};
use crate::repository::ledger::Ledger;

const TENANTS: u64 = 8;

pub(super) async fn every_row_stays_with_its_tenant(ledger: &Ledger) {
    let all = if is_long() { 1_000_000 } else { 36_000 };
    let steps = variable("TENANCY_HISTORY").unwrap_or(all).div_ceil(PLACES);
    let seed = variable("TENANCY_SEED").unwrap_or_else(|| {
        u64::from_be_bytes(ledger.a.uuid().as_bytes()[8..].try_into().expect("eight bytes"))
    });
    eprintln!("TENANCY_SEED={seed}");
    let mut history = History::begin(ledger, seed).await;
    while history.steps < steps {
        history.transaction(&ledger.db).await;
    }
    history.compare_all(&ledger.db).await;
    let History { steps, refused, dropped, taken_back, .. } = history;
    eprintln!(
        "{steps} steps, {refused} refused, {dropped} transactions dropped, {taken_back} savepoints \
         taken back"
    );
    let least = steps / 100;
    assert!(refused > least && dropped > least && taken_back > least, "it was a real one");
}

struct History {
    tenants: Vec<(TenantId, Model)>,
    clock: Arc<ManualClock>,
    random: Random,
    steps: u64,
    refused: u64,
    dropped: u64,
    taken_back: u64,
}

impl History {
    async fn begin(ledger: &Ledger, seed: u64) -> Self {
        let tenants: Vec<_> =
            (0..TENANTS).map(|_| (TenantId::generate(), Model::default())).collect();
        for (tenant, _) in &tenants {
            let mut tx = ledger.db.tenant(*tenant);
            let customers = (1..=3).map(|id| Customer {
                id,
                tenant_id: *tenant,
                name: format!("{id} of {tenant}"),
            });
            tx.repo::<Customer>().insert_many(customers).await.expect("inserted");
            tx.commit().await.expect("committed");
        }
        let (clock, random) = (ledger.clock.clone(), Random::new(seed));
        Self { tenants, clock, random, steps: 0, refused: 0, dropped: 0, taken_back: 0 }
    }

    /// Some steps of one tenant; what the model learns from them counts when they are committed.
    async fn transaction(&mut self, db: &TenantDb) {
        let at = self.below(TENANTS);
        let next = (at + 1) % self.tenants.len();
        let ((tenant, mut model), other) = (self.tenants[at].clone(), self.tenants[next].0);
        self.clock.advance(Duration::from_secs(1));
        let mut tx = db.tenant(tenant);
        for _ in 0..=self.below(6) {
            if self.below(8) == 0 {
                self.savepoint(&mut tx, other, &mut model).await;
            } else if !self.step(&mut tx, other, &mut model).await {
                tx.commit().await.expect_err("a failed step is not committed");
                return;
            }
        }
        if self.below(5) == 0 {
            self.dropped += 1;
            return;
        }
        tx.commit().await.expect("committed");
        self.tenants[at].1 = model;
    }

    /// Steps that are kept or taken back together. One that failed is always taken back.
    async fn savepoint(&mut self, tx: &mut TenantTx, other: TenantId, model: &mut Model) {
        let mut inside = model.clone();
        let mut point = tx.savepoint().await.expect("set");
        let mut goes_on = true;
        for _ in 0..=self.below(3) {
            goes_on = goes_on && self.step(&mut point, other, &mut inside).await;
        }
        match self.below(3) {
            0 if goes_on => {
                point.release().await.expect("released");
                *model = inside;
                return;
            }
            1 => drop(point),
            _ => point.rollback().await.expect("rolled back"),
        }
        self.taken_back += 1;
    }

    /// Tells whether the transaction goes on.
    async fn step(&mut self, tx: &mut TenantTx, other: TenantId, model: &mut Model) -> bool {
        self.steps += 1;
        let (tenant, clock) = (tx.tenant(), self.clock.clone());
        let mut step = Step { tenant, other, clock, random: &mut self.random };
        let goes_on = step.run(tx, model).await;
        self.refused += u64::from(!goes_on);
        goes_on
    }

    async fn compare_all(&self, db: &TenantDb) {
        for (tenant, model) in &self.tenants {
            let mut tx = db.read(*tenant);
            let rows = tx.repo::<Invoice>().with_deleted().list(List::oldest(1_000)).await;
            let rows = rows.expect("a list").items;
            assert!(rows.iter().all(|row| row.tenant_id == *tenant));
            assert_eq!(rows, model.all());
        }
    }

    fn below(&mut self, end: u64) -> usize {
        usize::try_from(self.random.below(end)).expect("a small number")
    }
}
