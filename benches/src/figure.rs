use std::fmt;

use crate::{Measured, MeasuredError};

/// What is good enough.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// The highest good ratio of ours to the reference.
    Ratio(f64),
    /// The most that ours may take beyond the reference.
    Adds {
        /// In nanoseconds.
        nanos: f64,
    },
    /// The least good ratio of our calls a second to the reference's.
    Rate(f64),
    /// The most memory that ours may take; there is no reference.
    Bytes(f64),
    /// The highest good ratio of our memory to the reference's.
    Growth(f64),
    /// The most of something that is counted; there is no reference.
    Count(f64),
}

/// A question, answered by two times measured in the same run.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// What one wants to know.
    pub question: &'static str,
    /// Criterion's name of our bench.
    pub ours: &'static str,
    /// Criterion's name of the bench it is held against.
    pub reference: &'static str,
    /// What is good enough.
    pub goal: Goal,
}

/// What was measured for a figure.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    figure: Figure,
    ours: f64,
    reference: f64,
}

impl Figure {
    /// Reads what was measured.
    ///
    /// # Errors
    ///
    /// When one of the two benches left no result.
    pub fn outcome(self, measured: &Measured) -> Result<Outcome, MeasuredError> {
        let ours = measured.nanos(self.ours)?;
        let reference = match self.goal {
            Goal::Bytes(_) | Goal::Count(_) => f64::NAN,
            _ => measured.nanos(self.reference)?,
        };
        Ok(Outcome { figure: self, ours, reference })
    }
}

impl Outcome {
    /// Tells whether the goal is met.
    pub fn is_good(&self) -> bool {
        match self.figure.goal {
            Goal::Ratio(most) | Goal::Growth(most) => self.ratio() <= most,
            Goal::Adds { nanos } => self.ours - self.reference <= nanos,
            // The results are times of a call.
            Goal::Rate(least) => 1.0 / self.ratio() >= least,
            Goal::Bytes(most) | Goal::Count(most) => self.ours <= most,
        }
    }

    fn ratio(&self) -> f64 {
        self.ours / self.reference
    }

    /// Returns the heading of a table of outcomes.
    pub fn heading() -> String {
        format!(
            "{:<46} {:>11} {:>11} {:>9} {:>9}",
            "question", "ours", "reference", "ratio", "goal"
        )
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figure { question, goal, .. } = self.figure;
        let [ours, reference] = [self.ours, self.reference].map(|value| match goal {
            Goal::Ratio(_) | Goal::Adds { .. } => time(value),
            Goal::Rate(_) => format!("{:.0}/s", 1e9 / value),
            Goal::Bytes(_) | Goal::Growth(_) => bytes(value),
            Goal::Count(_) if value.is_nan() => String::new(),
            Goal::Count(_) => format!("{value:.3}"),
        });
        let (found, goal) = match goal {
            Goal::Ratio(most) | Goal::Growth(most) => {
                (format!("{:.2}", self.ratio()), format!("{most:.2}"))
            }
            Goal::Adds { nanos } => {
                (format!("+{}", time(self.ours - self.reference)), format!("+{}", time(nanos)))
            }
            Goal::Rate(least) => (format!("{:.2}", 1.0 / self.ratio()), format!(">{least:.2}")),
            Goal::Bytes(most) => (String::new(), bytes(most)),
            Goal::Count(most) => (String::new(), format!("{most:.2}")),
        };
        let verdict = if self.is_good() { "ok" } else { "MISS" };
        write!(f, "{question:<46} {ours:>11} {reference:>11} {found:>9} {goal:>9} {verdict}")
    }
}

fn time(nanos: f64) -> String {
    if nanos < 1_000.0 {
        format!("{nanos:.1} ns")
    } else if nanos < 1_000_000.0 {
        format!("{:.1} us", nanos / 1_000.0)
    } else {
        format!("{:.1} ms", nanos / 1_000_000.0)
    }
}

fn bytes(bytes: f64) -> String {
    if bytes.is_nan() {
        String::new()
    } else if bytes < 10_000.0 {
        format!("{bytes:.0} B")
    } else {
        format!("{:.1} MiB", bytes / 1_048_576.0)
    }
}
