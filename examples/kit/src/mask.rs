use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;
use tenancy_core::{Actor, Error, ErrorKind, Problem, TenantContext};

/// Whatever stands under one of these names is somebody's: who it is, how to reach him, what was
/// written about him.
const PERSONAL: [&str; 12] = [
    "address",
    "data",
    "description",
    "email",
    "holder",
    "metadata",
    "name",
    "note",
    "phone",
    "reference",
    "statement_descriptor",
    "text",
];

/// The largest answer that is masked. A page of a list is far below it.
const MOST: usize = 16 * 1024 * 1024;

/// Masks what is personal in each answer to whoever acts on another's behalf: support sees that a
/// customer is there, and not who it is. Of a text its first letter is left; numbers, states and ids
/// stay, since they are what support needs.
///
/// An answer that is no JSON, such as a file of all rows, is not given out: 403 `permission_denied`.
///
/// Put it on a router with [`axum::middleware::from_fn`], inside of the `TenantLayer`.
pub async fn mask_for_others(request: Request, next: Next) -> Response {
    let acts_for_another = match TenantContext::attached(request.extensions()) {
        Ok(context) => context.and_then(TenantContext::actor).and_then(Actor::acts_for).is_some(),
        Err(error) => return Problem::from(error).into_response(),
    };
    let response = next.run(request).await;
    if !acts_for_another {
        return response;
    }
    mask(response).await.unwrap_or_else(Problem::into_response)
}

async fn mask(response: Response) -> Result<Response, Problem> {
    let (mut parts, body) = response.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    match kind {
        // A refusal says nothing of anybody, and an empty answer nothing at all.
        Some(b"application/problem+json") | None => {
            return Ok(Response::from_parts(parts, body));
        }
        Some(b"application/json") => {}
        Some(_) => {
            let message = "show a file to whoever acts for another: it cannot be masked";
            return Err(Error::new(ErrorKind::Forbidden, message).into());
        }
    }
    let fault = |source: Box<dyn std::error::Error + Send + Sync>| {
        Error::new(ErrorKind::Internal, "mask an answer").with_source(source)
    };
    let bytes = to_bytes(body, MOST).await.map_err(|source| fault(source.into()))?;
    let mut value: Value = serde_json::from_slice(&bytes).map_err(|source| fault(source.into()))?;
    personal(&mut value);
    parts.headers.remove(CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(value.to_string())))
}

/// Looks for what is personal.
fn personal(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(personal),
        Value::Object(members) => {
            for (name, member) in members {
                // A list of rows is called data too: its rows say themselves what they are.
                let is_page = name == "data" && member.is_array();
                if PERSONAL.contains(&name.as_str()) && !is_page {
                    hide(member);
                } else {
                    personal(member);
                }
            }
        }
        _ => {}
    }
}

/// Leaves the first letter of each text.
fn hide(value: &mut Value) {
    match value {
        Value::String(text) => {
            let first: String = text.chars().take(1).collect();
            *text = format!("{first}•••");
        }
        Value::Number(_) => *value = Value::Null,
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(members) => members.values_mut().for_each(hide),
        Value::Bool(_) | Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_it_is_is_hidden_and_what_it_is_stays() {
        let mut page = json!({ "has_more": false, "data": [
            { "id": "cus_1", "name": "Ada Brooks", "email": null, "amount": 1250 },
            { "id": "pay_1", "state": "failed", "metadata": { "order": "4711", "at": [7, "Ada"] } },
            { "id": "evt_1", "data": { "customer": { "phone": "+31 6 1234" }, "amount": 3 } },
        ]});
        personal(&mut page);
        assert_eq!(
            page["data"][0],
            json!({
                "id": "cus_1", "name": "A•••", "email": null, "amount": 1250,
            })
        );
        assert_eq!(page["data"][1]["metadata"], json!({ "order": "4•••", "at": [null, "A•••"] }));
        assert_eq!(page["data"][1]["state"], "failed");
        assert!(!page.to_string().contains("1234"), "{page}");
    }

    #[tokio::test]
    async fn what_cannot_be_masked_is_not_shown() {
        for kind in ["text/csv", "application/x-ndjson", "text/html; charset=utf-8"] {
            let response = ([(CONTENT_TYPE, kind)], "Ada Brooks").into_response();
            assert_eq!(mask(response).await.unwrap_err().status(), 403, "{kind}");
        }
        let broken = ([(CONTENT_TYPE, "application/json")], "Ada Brooks").into_response();
        assert_eq!(mask(broken).await.unwrap_err().status(), 500);
    }
}
