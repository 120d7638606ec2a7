//! What is told about a wrong body.

use serde_path_to_error::Segment;
use tenancy_core::Problem;

/// The longest detail: a message may repeat what was sent.
const DETAIL: usize = 200;

/// The body is no JSON object.
pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(422, "json_malformed", "The body is not a JSON object")
        .with_detail(shortened(error.to_string()))
}

/// A member is wrong.
pub(super) fn at(param: impl Into<String>, detail: impl Into<String>) -> Problem {
    Problem::new(422, "field_invalid", "A field is not valid")
        .with_param(param.into())
        .with_detail(shortened(detail.into()))
}

/// A member does not fit its type.
pub(super) fn field(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let message = error.inner().to_string();
    let mut path: Vec<&Segment> = error.path().iter().collect();
    let param = match lacking_or_unknown(&message) {
        None => join(&path, None),
        Some(name) => {
            // The path of an unknown field may end in the field itself.
            path.pop_if(|last| matches!(last, Segment::Map { key } if key == name));
            path.retain(|segment| !matches!(segment, Segment::Unknown));
            join(&path, Some(name))
        }
    };
    at(param, message)
}

/// The field a message is about that stands in no path, as it is not there or not known.
fn lacking_or_unknown(message: &str) -> Option<&str> {
    ["missing field `", "unknown field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split('`').next())
}

fn join(path: &[&Segment], last: Option<&str>) -> String {
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Seq { .. } => out.push_str(&segment.to_string()),
            _ => push_name(&mut out, &segment.to_string()),
        }
    }
    if let Some(last) = last {
        push_name(&mut out, last);
    }
    out
}

fn push_name(out: &mut String, name: &str) {
    if !out.is_empty() {
        out.push('.');
    }
    out.push_str(name);
}

fn shortened(mut text: String) -> String {
    if text.len() > DETAIL {
        text.truncate(text.floor_char_boundary(DETAIL));
        text.push('…');
    }
    text
}
