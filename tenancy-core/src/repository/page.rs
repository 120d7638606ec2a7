/// The order of a list, by key. Keys made by time make this the order of making.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The highest key first.
    Newest,
    /// The lowest key first.
    Oldest,
}

/// Which part of a list is wanted.
///
/// Pages follow keys, not offsets: rows that are inserted meanwhile shift nothing.
///
/// ```
/// use tenancy_core::Page;
///
/// let first = Page::<i64>::newest(20);
/// let next = Page::newest(20).after(17);
/// assert_eq!(first.limit(), 20);
/// assert_eq!(next.start(), Some(&17));
/// ```
#[derive(Debug, Clone)]
pub struct Page<K> {
    order: Order,
    after: Option<K>,
    limit: u16,
}

impl<K> Page<K> {
    /// The most rows a page may hold.
    pub const MAX: u16 = 1_000;

    /// Asks for the newest rows; `limit` is brought into 1 to [`Page::MAX`].
    pub fn newest(limit: u16) -> Self {
        Self { order: Order::Newest, after: None, limit: limit.clamp(1, Self::MAX) }
    }

    /// Asks for the oldest rows; `limit` is brought into 1 to [`Page::MAX`].
    pub fn oldest(limit: u16) -> Self {
        Self { order: Order::Oldest, after: None, limit: limit.clamp(1, Self::MAX) }
    }

    /// Begins behind a key. The key need not exist.
    pub fn after(mut self, key: K) -> Self {
        self.after = Some(key);
        self
    }

    /// Returns the order.
    pub const fn order(&self) -> Order {
        self.order
    }

    /// Returns the key it begins behind.
    pub const fn start(&self) -> Option<&K> {
        self.after.as_ref()
    }

    /// Returns the most rows wanted.
    pub const fn limit(&self) -> u16 {
        self.limit
    }
}
