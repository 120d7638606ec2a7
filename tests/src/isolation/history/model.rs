//! One tenant's invoices in memory: what the repository promises, said once more and simply.

use std::collections::BTreeMap;

use tenancy_core::ErrorKind;
use time::OffsetDateTime;

use crate::harness::{Invoice, Status};

#[derive(Debug, Clone, Default)]
pub(super) struct Model(BTreeMap<i64, Invoice>);

/// What the database must refuse too.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) kind: ErrorKind,
    /// Whether the transaction takes more statements: nothing failed in the database.
    pub(super) goes_on: bool,
}

pub(super) type Outcome<T> = Result<T, Refusal>;

fn conflict<T>(goes_on: bool) -> Outcome<T> {
    Err(Refusal { kind: ErrorKind::Conflict, goes_on })
}

fn not_found<T>() -> Outcome<T> {
    Err(Refusal { kind: ErrorKind::NotFound, goes_on: true })
}

impl Model {
    /// Every row, deleted or not.
    pub(super) fn all(&self) -> Vec<Invoice> {
        self.0.values().cloned().collect()
    }

    pub(super) fn live(&self, id: i64) -> Option<Invoice> {
        self.0.get(&id).filter(|row| row.deleted_at.is_none()).cloned()
    }

    /// Deleted or not.
    pub(super) fn any(&self, id: i64) -> Option<Invoice> {
        self.0.get(&id).cloned()
    }

    pub(super) fn many(&self, keys: &[i64]) -> Vec<Invoice> {
        let mut seen = Vec::new();
        let first = keys.iter().filter(|key| {
            let is_new = !seen.contains(*key);
            seen.push(**key);
            is_new
        });
        first.filter_map(|key| self.live(*key)).collect()
    }

    pub(super) fn matching(&self, is_match: impl Fn(&Invoice) -> bool) -> Vec<Invoice> {
        let live = self.0.values().filter(|row| row.deleted_at.is_none());
        live.filter(|row| is_match(row)).cloned().collect()
    }

    fn of_number(&self, number: &str) -> Option<i64> {
        self.0.values().find(|row| row.number == number).map(|row| row.id)
    }

    pub(super) fn insert(&mut self, new: Invoice, now: OffsetDateTime) -> Outcome<Invoice> {
        if self.0.contains_key(&new.id) || self.of_number(&new.number).is_some() {
            return conflict(false);
        }
        let (created_at, updated_at) = (now, now);
        let new = Invoice { created_at, updated_at, deleted_at: None, deleted_by: None, ..new };
        self.0.insert(new.id, new.clone());
        Ok(new)
    }

    pub(super) fn insert_many(
        &mut self,
        new: Vec<Invoice>,
        now: OffsetDateTime,
    ) -> Outcome<Vec<Invoice>> {
        new.into_iter().map(|new| self.insert(new, now)).collect()
    }

    pub(super) fn upsert(&mut self, new: Invoice, now: OffsetDateTime) -> Outcome<Invoice> {
        if self.0.contains_key(&new.id) {
            return self.take_over(new.id, new, now);
        }
        self.insert(new, now)
    }

    pub(super) fn upsert_on_number(
        &mut self,
        new: Invoice,
        now: OffsetDateTime,
    ) -> Outcome<Invoice> {
        match self.of_number(&new.number) {
            Some(there) => self.take_over(there, new, now),
            None => self.insert(new, now),
        }
    }

    /// The row that is there gets what an update writes, and keeps its key.
    fn take_over(&mut self, there: i64, new: Invoice, now: OffsetDateTime) -> Outcome<Invoice> {
        if self.0[&there].deleted_at.is_some() {
            return conflict(true);
        }
        let version = self.0[&there].version;
        self.write(there, Invoice { id: there, version, ..new }, now)
    }

    pub(super) fn update(&mut self, row: Invoice, now: OffsetDateTime) -> Outcome<Invoice> {
        match self.live(row.id) {
            None => not_found(),
            Some(there) if there.version != row.version => conflict(true),
            Some(_) => self.write(row.id, row, now),
        }
    }

    pub(super) fn patch(
        &mut self,
        id: i64,
        version: Option<i64>,
        now: OffsetDateTime,
    ) -> Outcome<Invoice> {
        match self.live(id) {
            None => not_found(),
            Some(there) if version.is_some_and(|version| version != there.version) => {
                conflict(true)
            }
            Some(there) => {
                let patched = Invoice { total: there.total + 7, status: Status::Paid, ..there };
                self.write(id, patched, now)
            }
        }
    }

    /// What an UPDATE in SQL does: to deleted rows too, and to nothing that the library keeps.
    pub(super) fn add_to_totals(&mut self, amount: i64, of: Status) -> u64 {
        let rows = self.0.values_mut().filter(|row| row.status == of);
        rows.map(|row| row.total += amount).count() as u64
    }

    /// What a DELETE in SQL does.
    pub(super) fn erase(&mut self, number: &str) -> u64 {
        let before = self.0.len();
        self.0.retain(|_, row| row.number != number);
        (before - self.0.len()) as u64
    }

    fn write(&mut self, id: i64, row: Invoice, now: OffsetDateTime) -> Outcome<Invoice> {
        if self.of_number(&row.number).is_some_and(|other| other != id) {
            return conflict(false);
        }
        let there = self.0[&id].clone();
        let written = Invoice {
            version: row.version + 1,
            created_at: there.created_at,
            updated_at: now,
            deleted_at: None,
            deleted_by: None,
            ..row
        };
        self.0.insert(id, written.clone());
        Ok(written)
    }

    pub(super) fn delete(&mut self, id: i64, now: OffsetDateTime) -> bool {
        let Some(row) = self.live(id) else { return false };
        let (deleted_at, version) = (Some(now), row.version + 1);
        self.0.insert(id, Invoice { deleted_at, updated_at: now, version, ..row });
        true
    }

    pub(super) fn restore(&mut self, id: i64, now: OffsetDateTime) -> bool {
        let Some(row) = self.0.get_mut(&id).filter(|row| row.deleted_at.is_some()) else {
            return false;
        };
        (row.deleted_at, row.updated_at) = (None, now);
        row.version += 1;
        true
    }

    pub(super) fn purge(&mut self, id: i64) -> bool {
        let is_deleted = self.0.get(&id).is_some_and(|row| row.deleted_at.is_some());
        is_deleted && self.0.remove(&id).is_some()
    }

    pub(super) fn purge_before(&mut self, time: OffsetDateTime) -> u64 {
        let before = self.0.len();
        self.0.retain(|_, row| row.deleted_at.is_none_or(|deleted_at| deleted_at >= time));
        (before - self.0.len()) as u64
    }
}

/// Computes over the rows of each status, in the order of their texts.
pub(super) fn by_status<T>(
    rows: &[Invoice],
    compute: impl Fn(&[Invoice]) -> T,
) -> Vec<(Status, T)> {
    let groups = [Status::Open, Status::Paid, Status::PastDue].map(|status| {
        let of: Vec<_> = rows.iter().filter(|row| row.status == status).cloned().collect();
        (status, of)
    });
    let some = groups.into_iter().filter(|(_, rows)| !rows.is_empty());
    some.map(|(status, rows)| (status, compute(&rows))).collect()
}
