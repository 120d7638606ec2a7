use std::error::Error as StdError;
use std::fmt;

/// What a database said, without the details that repeat stored values.
#[derive(Debug)]
pub(crate) struct DatabaseFault {
    code: Option<String>,
    message: String,
}

impl DatabaseFault {
    pub(crate) fn new(fault: &dyn sqlx::error::DatabaseError) -> Self {
        #[cfg(feature = "mysql")]
        if let Some(number) = super::mysql::number(fault) {
            let message = super::mysql::message(number, fault.message());
            return Self { code: Some(number.to_string()), message };
        }
        Self { code: fault.code().map(Into::into), message: fault.message().to_owned() }
    }
}

impl fmt::Display for DatabaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} ({code})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl StdError for DatabaseFault {}
