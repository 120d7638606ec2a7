use super::{Dimension, Meter};

/// What one counter counts: a meter, or one part of it.
///
/// ```
/// use tenancy_core::usage::{Dimension, Meter, Series};
///
/// let all = Series::from(Meter::API_CALLS);
/// let reports = Series::from(Meter::API_CALLS).by(Dimension::from_static("reports"));
/// assert_ne!(all, reports);
/// assert_eq!(reports.meter(), all.meter());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    meter: Meter,
    dimension: Option<Dimension>,
}

impl Series {
    /// Names a meter, and a part of it if there is one.
    pub const fn new(meter: Meter, dimension: Option<Dimension>) -> Self {
        Self { meter, dimension }
    }

    /// Narrows it to a part.
    pub fn by(self, dimension: Dimension) -> Self {
        Self { dimension: Some(dimension), ..self }
    }

    /// Returns the meter.
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Returns the part; `None` for what is not split.
    pub const fn dimension(&self) -> Option<&Dimension> {
        self.dimension.as_ref()
    }
}

impl From<Meter> for Series {
    fn from(meter: Meter) -> Self {
        Self::new(meter, None)
    }
}
