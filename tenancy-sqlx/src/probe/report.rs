use std::fmt;

use super::finding::{Finding, Gravity, Hand};
use crate::backend::Backend;

/// What a [`Probe`](super::Probe) found. Its `Display` is for people.
///
/// No tenant's id and no stored value is in it.
#[derive(Debug, Clone)]
#[must_use = "a report that nobody reads finds nothing: assert_clean"]
pub struct Report {
    backend: Backend,
    tables: usize,
    attempts: usize,
    cancelled: usize,
    findings: Vec<Finding>,
    notes: Vec<String>,
}

impl Report {
    pub(super) const fn new(backend: Backend, tables: usize) -> Self {
        Self { backend, tables, attempts: 0, cancelled: 0, findings: Vec::new(), notes: Vec::new() }
    }

    /// Returns what was found, the worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns what happened: the findings of [`Gravity::Leak`].
    pub fn leaks(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.gravity() == Gravity::Leak)
    }

    /// Returns what is as documented and still good to know, such as a database without a guard of
    /// its own.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns how many attempts were made.
    pub const fn attempts(&self) -> usize {
        self.attempts
    }

    /// Returns how many calls were dropped half-way.
    pub const fn cancelled(&self) -> usize {
        self.cancelled
    }

    /// Tells whether nothing was found, and everything was tried.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.attempts > 0
    }

    /// Makes the report a test.
    ///
    /// # Panics
    ///
    /// When anything was found, with the whole report, and when something could not be tried: an
    /// attempt that was not made proves nothing.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "{self}");
    }

    /// Counts an attempt, which held unless there is a finding.
    pub(super) fn attempt(&mut self, finding: Option<Finding>) {
        self.attempts += 1;
        self.find(finding);
    }

    pub(super) fn find(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            match self.findings.iter_mut().find(|known| known.is_like(&finding)) {
                Some(known) => known.times += 1,
                None => self.findings.push(finding),
            }
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(super) const fn count_cancelled(&mut self) {
        self.cancelled += 1;
    }

    /// Puts the worst first, and what the catalogue says of a place to the leaks there.
    pub(super) fn finish(mut self) -> Self {
        let causes: Vec<_> = self
            .findings
            .iter()
            .filter(|finding| finding.gravity == Gravity::Weakness)
            .map(|finding| (finding.place.clone(), finding.remedy.clone()))
            .collect();
        let is_of_database =
            |finding: &Finding| finding.gravity == Gravity::Leak && finding.hand == Hand::Database;
        for leak in self.findings.iter_mut().filter(|finding| is_of_database(finding)) {
            let own = causes.iter().find(|(place, _)| *place == leak.place);
            let role = || causes.iter().find(|(place, _)| place.starts_with(ROLE));
            if let Some((_, remedy)) = own.or_else(role) {
                leak.remedy.clone_from(remedy);
            }
        }
        self.findings.sort_by(|one, other| {
            (one.gravity, &one.place, one.hand).cmp(&(other.gravity, &other.place, other.hand))
        });
        self
    }
}

/// How the place of a finding about the role begins.
pub(super) const ROLE: &str = "the database role";

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |gravity| self.findings.iter().filter(|it| it.gravity() == gravity).count();
        writeln!(
            f,
            "probe on {}: {} tables, {} attempts, {} calls dropped half-way: {} leaks, \
             {} weaknesses, {} not tried",
            self.backend.name(),
            self.tables,
            self.attempts,
            self.cancelled,
            count(Gravity::Leak),
            count(Gravity::Weakness),
            count(Gravity::NotTried),
        )?;
        for finding in &self.findings {
            writeln!(f, "  {finding}")?;
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        Ok(())
    }
}
