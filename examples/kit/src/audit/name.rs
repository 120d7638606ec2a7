use http::Method;
use tenancy_core::audit::{AuditAction, AuditResource};

/// Returns what a request asks for, in the words of its route: `POST /v1/payments/{id}/capture` is
/// `payments.capture`.
///
/// A verb stands behind where the route has none: `payments.create`, `keys.update`.
pub(super) fn action(method: &Method, route: &str) -> AuditAction {
    let mut name = words(route).collect::<Vec<_>>().join(".").replace('-', "_");
    let alone = words(route).count() == 1;
    let verb = match *method {
        Method::POST if !alone => "",
        Method::POST => ".create",
        Method::DELETE => ".delete",
        Method::PUT => ".replace",
        _ => ".update",
    };
    name.push_str(verb);
    AuditAction::parse(&name).unwrap_or(OTHER)
}

/// A route whose words are too many, or not of letters.
const OTHER: AuditAction = AuditAction::from_static("request.other");

/// Returns the thing that a request names, as its collection and what stands in the first place for a
/// name in its route: `payments:pay_1`.
pub(super) fn resource(route: &str, path: &str) -> Option<AuditResource> {
    let mut before: Option<&str> = None;
    for (word, given) in route.split('/').zip(path.split('/')) {
        if word.starts_with('{') {
            return before.map(|collection| AuditResource::new(collection, given));
        }
        before = Some(word);
    }
    None
}

/// The words of a route: neither places for names nor the version.
fn words(route: &str) -> impl Iterator<Item = &str> {
    route.split('/').filter(|word| !(word.is_empty() || word.starts_with('{') || *word == "v1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_the_words_of_the_route() {
        for (method, route, expected) in [
            (Method::POST, "/v1/payments", "payments.create"),
            (Method::POST, "/v1/payments/{id}/capture", "payments.capture"),
            (Method::POST, "/v1/auth/logout-all", "auth.logout_all"),
            (Method::PATCH, "/v1/customers/{id}", "customers.update"),
            (Method::DELETE, "/v1/api-keys/{id}", "api_keys.delete"),
            (Method::PUT, "/v1/branding", "branding.replace"),
            (Method::POST, "/v1/LOUD/{id}", "request.other"),
        ] {
            assert_eq!(action(&method, route).as_str(), expected, "{route}");
        }
        let long = format!("/v1/{}", "word/".repeat(20));
        assert_eq!(action(&Method::POST, &long), OTHER);
    }

    #[test]
    fn the_first_name_is_the_resource() {
        let of = |route, path| resource(route, path).map(|found| found.to_string());
        let capture = of("/v1/payments/{id}/capture", "/v1/payments/pay_1/capture");
        assert_eq!(capture.as_deref(), Some("payments:pay_1"));
        let two = of("/v1/batches/{id}/items/{row}", "/v1/batches/bat_1/items/7");
        assert_eq!(two.as_deref(), Some("batches:bat_1"));
        assert_eq!(of("/v1/payments", "/v1/payments"), None);
    }
}
