use http::Method;
use tenancy_core::Problem;

/// Answers a path that no route has.
pub async fn no_such_route() -> Problem {
    Problem::new(404, "route_missing", "There is no such page or resource")
}

/// Answers a method that a route does not have.
pub async fn method_not_allowed(method: Method) -> Problem {
    Problem::new(405, "method_not_allowed", "The resource does not have this method")
        .with_detail(format!("{method} is not possible here; the header allow lists what is"))
}
