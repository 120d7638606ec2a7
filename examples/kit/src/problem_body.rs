use utoipa::ToSchema;

/// What every refusal says, as `application/problem+json` (RFC 9457).
///
/// It describes [`tenancy_core::Problem`] in an API's documentation.
#[derive(Debug, ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "it describes; tenancy_core::Problem is what is sent")]
pub struct ProblemBody {
    /// A URI of the kind of problem.
    #[schema(example = "about:blank")]
    r#type: String,
    /// The kind, for people.
    #[schema(example = "The request names different tenants")]
    title: String,
    /// The HTTP status.
    #[schema(example = 403)]
    status: u16,
    /// The kind, for programs.
    #[schema(example = "tenant_mismatch")]
    code: String,
    /// More about this one case.
    detail: Option<String>,
    /// The field, parameter or header it is about.
    param: Option<String>,
}
