#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the numbers are small"
)]

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::entity::Aggregate;
use tenancy_core::{Clock as _, Error, ErrorKind, List, ManualClock, TenantId};
use tenancy_sqlx::{Repository, TenantTx};

use super::model::{Model, Outcome, by_status};
use super::number::Random;
use super::own_sql;
use crate::harness::{Customer, Invoice, Status};

/// Few keys, so that steps meet.
const KEYS: u64 = 12;

/// One verb, with the model's answer beside the database's.
pub(super) struct Step<'a> {
    pub(super) tenant: TenantId,
    pub(super) other: TenantId,
    pub(super) clock: Arc<ManualClock>,
    pub(super) random: &'a mut Random,
}

impl Step<'_> {
    /// Tells whether the transaction goes on.
    pub(super) async fn run(&mut self, tx: &mut TenantTx, model: &mut Model) -> bool {
        let which = self.random.below(24);
        if which >= 20 {
            return self.own_sql(which, tx, model).await;
        }
        let now = self.clock.now();
        let id = self.id();
        let mut repo = tx.repo::<Invoice>();
        match which {
            0 | 1 => {
                let new = self.invoice();
                agree(repo.insert(new.clone()).await, model.insert(new, now))
            }
            2 => {
                let new: Vec<_> = (0..self.random.below(4)).map(|_| self.invoice()).collect();
                agree(repo.insert_many(new.clone()).await, model.insert_many(new, now))
            }
            3 | 4 => {
                let new = self.invoice();
                agree(repo.upsert(new.clone()).await, model.upsert(new, now))
            }
            5 | 6 => {
                let new = self.invoice();
                let stored = repo.upsert_on(Invoice::UNIQUE_NUMBER, new.clone()).await;
                agree(stored, model.upsert_on_number(new, now))
            }
            7 | 8 => {
                let other = self.invoice();
                let changed = self.change(model.live(id).unwrap_or(other));
                agree(repo.update(changed.clone()).await, model.update(changed, now))
            }
            9 => {
                let changes = [Invoice::TOTAL.add(7), Invoice::STATUS.set(Status::Paid)];
                agree(repo.patch(&id, changes).await, model.patch(id, None, now))
            }
            10 => {
                let version = self.random.below(3) as i64 + 1;
                let changes = [Invoice::TOTAL.add(7), Invoice::STATUS.set(Status::Paid)];
                let patched = repo.patch_version(&id, version, changes).await;
                agree(patched, model.patch(id, Some(version), now))
            }
            11 | 12 => agree(repo.delete(&id).await, Ok(model.delete(id, now))),
            13 => agree(repo.restore(&id).await, Ok(model.restore(id, now))),
            14 => agree(repo.purge(&id).await, Ok(model.purge(id))),
            15 => {
                let before = now - Duration::from_secs(self.random.below(200));
                let purged = repo.purge_deleted_before(before).await;
                agree(purged, Ok(model.purge_before(before)))
            }
            16 => self.foreign(&mut repo).await,
            17 => self.read_some(&mut repo, model).await,
            18 => self.page_through(&mut repo, model).await,
            _ => {
                self.join(&mut repo, model).await;
                agree(repo.get(&id).await, Ok(model.live(id)))
                    && agree(repo.with_deleted().get(&id).await, Ok(model.any(id)))
            }
        }
    }

    async fn own_sql(&mut self, which: u64, tx: &mut TenantTx, model: &mut Model) -> bool {
        match which {
            20 => {
                let (amount, of) = (self.random.below(9) as i64, self.status());
                let changed = own_sql::add_to_totals(tx, amount, of).await;
                agree(changed, Ok(model.add_to_totals(amount, of)))
            }
            21 => {
                let number = format!("R-{}", self.id());
                agree(own_sql::erase(tx, &number).await, Ok(model.erase(&number)))
            }
            _ => {
                own_sql::read_all(tx, model).await;
                true
            }
        }
    }

    /// An entity of another tenant is refused by every verb that writes, and nothing is sent.
    async fn foreign(&mut self, repo: &mut Repository<'_, Invoice>) -> bool {
        let stolen = Invoice { tenant_id: self.other, ..self.invoice() };
        let error = match self.random.below(5) {
            0 => repo.insert(stolen).await.map(drop),
            1 => repo.insert_many([self.invoice(), stolen]).await.map(drop),
            2 => repo.upsert(stolen).await.map(drop),
            3 => repo.upsert_on(Invoice::UNIQUE_NUMBER, stolen).await.map(drop),
            _ => repo.update(stolen).await.map(drop),
        };
        assert_eq!(error.expect_err("refused").kind(), ErrorKind::ForeignTenant);
        true
    }

    async fn read_some(&mut self, repo: &mut Repository<'_, Invoice>, model: &Model) -> bool {
        let (low, id) = (self.random.below(9) as i64 * 100, self.id());
        let filter =
            || Invoice::TOTAL.ge(low).and(!Invoice::STATUS.eq(Status::Open)).or(Invoice::ID.eq(id));
        let wanted =
            model.matching(|row| row.total >= low && row.status != Status::Open || row.id == id);
        let found = repo.find(filter()).await.expect("an answer");
        assert_eq!(found.is_some(), !wanted.is_empty());
        assert!(found.is_none_or(|found| wanted.contains(&found)));
        agree(repo.exists(filter()).await, Ok(!wanted.is_empty()));
        agree(repo.count_where(filter()).await, Ok(wanted.len() as u64));
        let keys = [self.id(), self.id(), self.id()];
        agree(repo.get_many(&keys).await, Ok(model.many(&keys)));
        let computed = (Aggregate::count(), Invoice::TOTAL.sum(), Invoice::TOTAL.max());
        agree(repo.aggregate(computed, filter()).await, Ok(totals(&wanted)));
        let groups = repo.group_by(Invoice::STATUS, computed, filter()).await;
        agree(groups, Ok(by_status(&wanted, totals)))
    }

    /// Pages to the end by cursors, in an order with ties.
    async fn page_through(&mut self, repo: &mut Repository<'_, Invoice>, model: &Model) -> bool {
        let limit = self.random.below(4) as u16 + 1;
        let list =
            List::newest(limit).order_by(Invoice::STATUS.asc()).order_by(Invoice::NOTE.desc());
        let mut rows = Vec::new();
        let mut part = list.clone();
        loop {
            let slice = repo.list(part).await.expect("a part");
            rows.extend(slice.items);
            match slice.next {
                Some(next) => part = list.clone().after(next),
                None => break,
            }
        }
        let mut wanted = model.matching(|_| true);
        wanted.sort_by(|a, b| {
            let status = text(a.status).cmp(text(b.status));
            status.then(b.note.cmp(&a.note)).then(b.id.cmp(&a.id))
        });
        agree(Ok(rows), Ok(wanted))
    }

    async fn join(&mut self, repo: &mut Repository<'_, Invoice>, model: &Model) {
        let join = Invoice::CUSTOMER_ID.joins::<Customer>();
        let pairs = repo.list_joined(join, List::oldest(100)).await.expect("pairs").items;
        for (invoice, customer) in &pairs {
            assert_eq!((invoice.tenant_id, customer.tenant_id), (self.tenant, self.tenant));
            assert_eq!(customer.name, format!("{} of {}", customer.id, self.tenant));
            assert_eq!(invoice.customer_id, Some(customer.id));
        }
        let wanted = model.matching(|row| row.customer_id.is_some_and(|id| id <= 3)).len();
        assert_eq!(pairs.len(), wanted);
    }

    fn id(&mut self) -> i64 {
        self.random.below(KEYS) as i64 + 1
    }

    fn invoice(&mut self) -> Invoice {
        let number = self.id();
        let new = Invoice { number: format!("R-{number}"), ..Invoice::new(self.tenant, self.id()) };
        self.change(new)
    }

    fn status(&mut self) -> Status {
        [Status::Open, Status::Paid, Status::PastDue][self.random.below(3) as usize]
    }

    /// Other values in the columns that an update writes, and now and then a stale version.
    fn change(&mut self, row: Invoice) -> Invoice {
        let stale = i64::from(self.random.below(8) == 0);
        Invoice {
            total: self.random.below(10) as i64 * 100,
            status: self.status(),
            note: [None, Some("a".to_owned()), Some("b".to_owned())][self.random.below(3) as usize]
                .clone(),
            customer_id: [None, Some(1), Some(3), Some(4)][self.random.below(4) as usize],
            version: row.version + stale,
            ..row
        }
    }
}

pub(super) fn text(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Paid => "paid",
        Status::PastDue => "past_due",
    }
}

fn totals(rows: &[Invoice]) -> (i64, Option<i64>, Option<i64>) {
    let totals = || rows.iter().map(|row| row.total);
    (rows.len() as i64, (!rows.is_empty()).then(|| totals().sum()), totals().max())
}

/// Both say the same; tells whether the transaction goes on.
fn agree<T: PartialEq + std::fmt::Debug>(database: Result<T, Error>, model: Outcome<T>) -> bool {
    match (database, model) {
        (Ok(database), Ok(model)) => {
            assert_eq!(database, model, "the database is on the left, the model on the right");
            true
        }
        (Err(error), Err(refusal)) => {
            assert_eq!(error.kind(), refusal.kind, "{error:?}");
            refusal.goes_on
        }
        (database, model) => panic!("the database says {database:?}, the model {model:?}"),
    }
}
