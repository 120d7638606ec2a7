use axum::response::{IntoResponseParts, ResponseParts};
use tenancy_core::audit::{AuditParty, AuditResource};

/// What a handler knows of its request that the log should say: which thing it was about, whose that
/// is, and what was changed.
///
/// It is a part of the answer that is not sent. An answer to `GET` that has one is a look at
/// somebody's data: it is recorded before it goes out.
///
/// ```
/// use kit::audit::Audited;
///
/// async fn read() -> (Audited, &'static str) {
///     (Audited::of("payments", &"pay_1").owner(&"cus_7"), "the payment")
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Audited {
    pub(super) resource: AuditResource,
    pub(super) owner: Option<AuditParty>,
    pub(super) changes: Vec<(&'static str, Option<String>, Option<String>)>,
}

impl Audited {
    /// Names the thing, by its collection as routes call it and its id.
    pub fn of(kind: &str, id: &impl ToString) -> Self {
        let resource = AuditResource::new(kind, &id.to_string());
        Self { resource, owner: None, changes: Vec::new() }
    }

    /// Says whose it is: a customer, a student.
    pub fn owner(self, id: &impl ToString) -> Self {
        self.of_owner(Some(id))
    }

    /// Says whose it is, if it is anybody's.
    pub fn of_owner(mut self, id: Option<&impl ToString>) -> Self {
        self.owner = id.map(|id| AuditParty::user(&id.to_string()));
        self
    }

    /// Says that a field was changed. Neither value may be a secret.
    pub fn change(
        mut self,
        field: &'static str,
        before: Option<&dyn ToString>,
        after: Option<&dyn ToString>,
    ) -> Self {
        let text = |value: Option<&dyn ToString>| value.map(ToString::to_string);
        self.changes.push((field, text(before), text(after)));
        self
    }
}

impl IntoResponseParts for Audited {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}
