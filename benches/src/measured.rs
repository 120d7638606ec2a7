use std::fmt;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// The results that criterion left in a folder.
#[derive(Debug, Clone)]
pub struct Measured(PathBuf);

/// A result that is not there or cannot be read.
#[derive(Debug)]
pub struct MeasuredError(String);

impl Measured {
    /// Reads results from criterion's folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Returns the median time of a bench, in nanoseconds.
    ///
    /// # Errors
    ///
    /// When the bench left no result.
    pub fn nanos(&self, bench: &str) -> Result<f64, MeasuredError> {
        let file = self.0.join(bench).join("new").join("estimates.json");
        let fault = |what: &dyn fmt::Display| MeasuredError(format!("{}: {what}", file.display()));
        let text = fs::read_to_string(&file).map_err(|error| fault(&error))?;
        let estimates: Value = serde_json::from_str(&text).map_err(|error| fault(&error))?;
        estimates["median"]["point_estimate"].as_f64().ok_or_else(|| fault(&"no median"))
    }
}

impl fmt::Display for MeasuredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no result of a bench: {}", self.0)
    }
}

impl std::error::Error for MeasuredError {}
