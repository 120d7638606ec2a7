use std::fmt;

use super::{Cursor, Order, Page};
use crate::entity::{Filter, Sort, TenantEntity, ToValue as _, Value};

/// Which rows are listed, in which order, and which part of them.
///
/// Pages follow the values of the last row, not offsets: rows that are inserted meanwhile shift
/// nothing. The key decides among rows that are equal in all columns sorted by.
///
/// ```
/// use tenancy_core::{List, Order};
/// # use tenancy_core::{entity::{Column, Field, FromTenantRow, Kind, Row, Table, TenantEntity, Value}, Error, TenantId};
/// # struct Invoice { tenant_id: TenantId, id: i64 }
/// # impl FromTenantRow for Invoice { const COLUMNS: &'static [&'static str] = &[]; fn from_row(_: &mut dyn Row) -> Result<Self, Error> { unimplemented!() } }
/// # impl TenantEntity for Invoice {
/// #     type Key = i64;
/// #     const TABLE: Table = Table::new("invoices", &[Column::new("id", Kind::Int, false),
/// #         Column::new("tenant_id", Kind::Uuid, false), Column::new("total", Kind::Int, false)], 1, 0);
/// #     fn tenant(&self) -> TenantId { self.tenant_id }
/// #     fn key(&self) -> &i64 { &self.id }
/// #     fn values(&self) -> Vec<Value> { Vec::new() }
/// # }
/// # impl Invoice { const TOTAL: Field<Invoice, i64> = Field::new(2); }
/// let list = List::newest(50).filter(Invoice::TOTAL.gt(0)).order_by(Invoice::TOTAL.desc());
/// assert_eq!(list.limit(), 50);
/// assert_eq!(list.order(), Order::Newest);
/// ```
pub struct List<E> {
    filter: Filter<E>,
    sorts: Vec<Sort<E>>,
    order: Order,
    start: Start,
    limit: u16,
}

/// Where a part of a list begins.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Start {
    /// With the first row.
    First,
    /// Behind a key, in a list that is sorted by nothing else.
    AfterKey(Value),
    /// Behind the row that a cursor names.
    After(Cursor),
}

impl<E> List<E> {
    /// The most rows of one part.
    pub const MAX: u16 = Page::<()>::MAX;

    /// Lists the highest keys first; `limit` is brought into 1 to [`List::MAX`].
    pub fn newest(limit: u16) -> Self {
        Self::new(Order::Newest, limit)
    }

    /// Lists the lowest keys first; `limit` is brought into 1 to [`List::MAX`].
    pub fn oldest(limit: u16) -> Self {
        Self::new(Order::Oldest, limit)
    }

    fn new(order: Order, limit: u16) -> Self {
        let limit = limit.clamp(1, Self::MAX);
        Self { filter: Filter::all(), sorts: Vec::new(), order, start: Start::First, limit }
    }

    /// Lists only rows that match, and match what was asked before.
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.filter = std::mem::replace(&mut self.filter, Filter::all()).and(filter);
        self
    }

    /// Sorts by a column, after those named before and before the key.
    pub fn order_by(mut self, sort: Sort<E>) -> Self {
        self.sorts.push(sort);
        self
    }

    /// Begins behind the part that this cursor came with. It must be of the same list: the same
    /// tenant, filter and order; the limit may differ.
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.start = Start::After(cursor);
        self
    }

    /// Returns which rows are listed.
    pub const fn rows(&self) -> &Filter<E> {
        &self.filter
    }

    /// Returns the columns it is sorted by, before the key.
    pub fn sorts(&self) -> &[Sort<E>] {
        &self.sorts
    }

    /// Returns the order of the keys.
    pub const fn order(&self) -> Order {
        self.order
    }

    /// Returns where it begins.
    pub const fn start(&self) -> &Start {
        &self.start
    }

    /// Returns the most rows wanted.
    pub const fn limit(&self) -> u16 {
        self.limit
    }
}

impl<E: TenantEntity> From<Page<E::Key>> for List<E> {
    fn from(page: Page<E::Key>) -> Self {
        let start = page.start().map_or(Start::First, |key| Start::AfterKey(key.to_value()));
        Self { start, ..Self::new(page.order(), page.limit()) }
    }
}

impl<E> Clone for List<E> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            sorts: self.sorts.clone(),
            order: self.order,
            start: self.start.clone(),
            limit: self.limit,
        }
    }
}

impl<E> fmt::Debug for List<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("filter", &self.filter)
            .field("sorts", &self.sorts)
            .field("order", &self.order)
            .field("start", &self.start)
            .field("limit", &self.limit)
            .finish()
    }
}
