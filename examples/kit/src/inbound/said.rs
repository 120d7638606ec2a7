use serde::Deserialize;
use serde_json::value::RawValue;
use tenancy_core::{Problem, TenantId};
use uuid::Uuid;

use super::{InboundEvent, InboundEventId, InboundState, SourceId};

/// The most events of one request.
const MOST: usize = 100;

/// One event of a request.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) external_id: String,
    kind: String,
    payload: String,
}

#[derive(Deserialize)]
struct Head {
    id: Option<String>,
    r#type: Option<String>,
}

#[derive(Deserialize)]
struct Many<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

impl Said {
    pub(super) fn event(
        &self,
        tenant_id: TenantId,
        source_id: SourceId,
        received_at: time::OffsetDateTime,
    ) -> InboundEvent {
        InboundEvent {
            id: InboundEventId::from_uuid(Uuid::now_v7()),
            tenant_id,
            source_id,
            external_id: self.external_id.clone(),
            kind: self.kind.clone(),
            payload: self.payload.clone(),
            state: InboundState::Received,
            tries: 0,
            last_error: None,
            received_at,
            applied_at: None,
            version: 1,
        }
    }
}

/// Reads the events of a request: one, or `{"events": […]}`. The id that is signed in a header is that
/// of a single event without one.
pub(super) fn said(body: &[u8], signed: Option<String>) -> Result<Vec<Said>, Problem> {
    let whole: &RawValue = serde_json::from_slice(body).map_err(|_| malformed())?;
    if let Ok(many) = serde_json::from_str::<Many<'_>>(whole.get()) {
        if many.events.is_empty() || many.events.len() > MOST {
            return Err(malformed());
        }
        let mut said = Vec::new();
        for event in many.events {
            let one = read(event, None)?;
            if said.iter().any(|known: &Said| known.external_id == one.external_id) {
                return Err(malformed());
            }
            said.push(one);
        }
        return Ok(said);
    }
    Ok(vec![read(whole, signed)?])
}

fn read(event: &RawValue, signed: Option<String>) -> Result<Said, Problem> {
    let head: Head = serde_json::from_str(event.get()).map_err(|_| malformed())?;
    let good = |text: &String| {
        (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let external_id = head.id.or(signed).filter(good).ok_or_else(malformed)?;
    let kind = head.r#type.filter(good).ok_or_else(malformed)?;
    Ok(Said { external_id, kind, payload: event.get().to_owned() })
}

fn malformed() -> Problem {
    Problem::new(422, "events_malformed", "The events cannot be read").with_detail(
        "an event with id and type is expected, or events with 1 to 100 of them, no id twice",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str, signed: Option<&str>) -> Option<Vec<String>> {
        let said = said(body.as_bytes(), signed.map(str::to_owned)).ok()?;
        Some(said.into_iter().map(|one| one.external_id).collect())
    }

    #[test]
    fn one_event_or_many() {
        let one = r#"{"id":"a","type":"x.y","data":{}}"#;
        assert_eq!(ids(one, Some("msg")), Some(vec!["a".into()]));
        assert_eq!(ids(r#"{"type":"x.y"}"#, Some("msg")), Some(vec!["msg".into()]));
        let many = format!(r#"{{"events":[{one},{}]}}"#, one.replace("\"a\"", "\"b\""));
        assert_eq!(ids(&many, Some("msg")), Some(vec!["a".into(), "b".into()]));
        for bad in [
            "",
            "[]",
            "7",
            "{}",
            r#"{"events":[]}"#,
            r#"{"id":"a"}"#,
            r#"{"id":"","type":"x"}"#,
            r#"{"id":7,"type":"x"}"#,
            r#"{"id":"a b","type":"x"}"#,
            &format!(r#"{{"events":[{one},{one}]}}"#),
            r#"{"events":[{"type":"x.y"}]}"#,
            &format!(r#"{{"events":[{}]}}"#, vec![one; 101].join(",")),
        ] {
            assert_eq!(ids(bad, None), None, "{bad}");
        }
        assert_eq!(ids(r#"{"type":"x.y"}"#, None), None, "nobody can tell it from another");
    }
}
