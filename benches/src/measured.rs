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

    /// Returns the time of a bench in nanoseconds: the one that a tenth of the samples beat.
    ///
    /// Others on the machine only ever add to a time. A median would measure them too.
    ///
    /// # Errors
    ///
    /// When the bench left no result.
    pub fn nanos(&self, bench: &str) -> Result<f64, MeasuredError> {
        let file = self.0.join(bench).join("new").join("sample.json");
        let fault = |what: &dyn fmt::Display| MeasuredError(format!("{}: {what}", file.display()));
        let text = fs::read_to_string(&file).map_err(|error| fault(&error))?;
        let sample: Value = serde_json::from_str(&text).map_err(|error| fault(&error))?;
        let numbers = |field: &str| -> Vec<f64> {
            sample[field].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
        };
        let (times, iterations) = (numbers("times"), numbers("iters"));
        let mut each: Vec<f64> = times.iter().zip(&iterations).map(|(t, n)| t / n).collect();
        each.sort_by(f64::total_cmp);
        each.get(each.len() / 10).copied().ok_or_else(|| fault(&"no samples"))
    }
}

impl fmt::Display for MeasuredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no result of a bench: {}", self.0)
    }
}

impl std::error::Error for MeasuredError {}
