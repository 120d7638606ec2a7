use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tenancy_core::{Error, ErrorKind, Problem, TenantContext, TenantKey};

use super::fault;

/// The members of a JSON object, each of them not read yet.
pub(super) struct Members<'a>(Vec<(String, &'a RawValue)>);

const TENANT: &str = "tenant_id";

impl<'a> Members<'a> {
    /// Reads an object.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Problem> {
        serde_json::from_slice(body).map_err(|error| fault::malformed(&error))
    }

    /// Takes `tenant_id` out, if it is there and names the tenant of the request.
    pub(super) fn take_tenant(&mut self, context: &TenantContext) -> Result<(), Problem> {
        // All of them: the first of two could hide the second.
        for (_, value) in self.0.extract_if(.., |(name, _)| name == TENANT) {
            let Ok(text) = serde_json::from_str::<String>(value.get()) else {
                return Err(fault::at(TENANT, "a tenant's id or slug is expected"));
            };
            if !names(&text, context) {
                return Err(mismatch());
            }
        }
        Ok(())
    }

    /// Reads the members.
    pub(super) fn into_value(self) -> Result<Value, Problem> {
        let mut map = Map::new();
        for (name, raw) in self.0 {
            // Such as 1e400: well formed, and no number a program can hold.
            let Ok(value) = serde_json::from_str(raw.get()) else {
                return Err(fault::at(name, "the value cannot be represented"));
            };
            if map.contains_key(&name) {
                return Err(fault::at(name, "the member is there twice"));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

fn names(text: &str, context: &TenantContext) -> bool {
    match TenantKey::parse(text) {
        Ok(TenantKey::Id(id)) => id == context.home_id(),
        Ok(TenantKey::Slug(slug)) => slug == *context.tenant().slug(),
        _ => false,
    }
}

fn mismatch() -> Problem {
    tracing::warn!(problem.code = "tenant_mismatch", "a body named another tenant");
    Error::new(ErrorKind::TenantMismatch, "the body names another tenant than the request")
        .with_subject(TENANT)
        .into()
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            // More than any request has: looking for doubles must stay cheap.
            if members.len() == 1_000 {
                return Err(A::Error::custom("the object has over 1,000 members"));
            }
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tenancy_core::{PlanCatalogue, Tenant, TenantId, TenantSlug};

    use super::*;

    fn context(slug: &str) -> TenantContext {
        let plan = PlanCatalogue::example().plan("starter").unwrap();
        let slug = TenantSlug::parse(slug).unwrap();
        TenantContext::for_program(Arc::new(Tenant::new(TenantId::generate(), slug, plan)))
    }

    fn take(body: &str, context: &TenantContext) -> Result<Value, Problem> {
        let mut members = Members::read(body.as_bytes())?;
        members.take_tenant(context)?;
        members.into_value()
    }

    #[test]
    fn the_own_tenant_may_be_named_and_no_other() {
        let (harbor, summit) = (context("harbor"), context("summit"));
        let id = |context: &TenantContext| format!(r#"{{"tenant_id":"{}"}}"#, context.tenant_id());
        assert_eq!(take(&id(&harbor), &harbor).unwrap(), Value::Object(Map::new()));
        assert!(take(r#"{"tenant_id":"harbor"}"#, &harbor).is_ok());
        for foreign in [
            id(&summit),
            r#"{"tenant_id":"summit"}"#.into(),
            r#"{"tenant_id":""}"#.into(),
            r#"{"amount":"wrong","tenant_id":"summit"}"#.into(),
            r#"{"tenant_id":"summit","tenant_id":"harbor"}"#.into(),
            r#"{"tenant_id":"harbor","tenant_id":"summit"}"#.into(),
            r#"{"tenant_\u0069d":"summit"}"#.into(),
        ] {
            let problem = take(&foreign, &harbor).unwrap_err();
            assert_eq!((problem.status(), problem.code()), (403, "tenant_mismatch"), "{foreign}");
        }
        assert_eq!(take(r#"{"tenant_id":7}"#, &harbor).unwrap_err().param(), Some("tenant_id"));
    }
}
