use crate::Error;

/// Why somebody needs a bypass, in words that whoever reads the audit log understands.
#[derive(Debug, Clone)]
pub(super) struct Reason(Box<str>);

/// The shortest reason, in characters.
const SHORTEST: usize = 10;
/// The longest reason, in bytes: what an audit event keeps of it.
const LONGEST: usize = crate::AuditEvent::MAX_DETAIL;

impl Reason {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let refuse = |message: &'static str| Err(Error::invalid("reason", message));
        if text.chars().filter(|character| character.is_alphanumeric()).count() < SHORTEST {
            return refuse("give a reason for the bypass: at least 10 letters or digits");
        }
        if text.len() > LONGEST || text.chars().any(char::is_control) {
            return refuse("give a reason for the bypass: one line of at most 500 bytes");
        }
        Ok(Self(text.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
