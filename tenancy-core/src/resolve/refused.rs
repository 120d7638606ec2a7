use super::Resolution;
use crate::{Actor, Error, Tenant, Trust};

/// Why a request was refused, and whom a credential in it proved all the same.
///
/// Two sources that disagree refuse a request; one of them may have been good. Its tenant is
/// the one that wants to hear of it.
#[derive(Debug)]
pub struct Refused(Box<Inner>);

/// Behind a pointer: it is the rare case.
#[derive(Debug)]
struct Inner {
    error: Error,
    proved: Option<Resolution>,
}

impl Refused {
    /// Keeps what was found before, if a credential proved it.
    pub(super) fn beside(error: Error, found: Option<Resolution>) -> Self {
        let proved = found.filter(|found| found.trust() == Trust::Credential);
        Self(Box::new(Inner { error, proved }))
    }

    /// Returns why.
    pub const fn error(&self) -> &Error {
        &self.0.error
    }

    /// Returns the tenant that a credential proved.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.0.proved.as_ref().map(|proved| &**proved.tenant())
    }

    /// Returns who acts, by that credential.
    pub fn actor(&self) -> Option<&Actor> {
        self.0.proved.as_ref().and_then(Resolution::actor)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::beside(error, None)
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.0.error
    }
}
