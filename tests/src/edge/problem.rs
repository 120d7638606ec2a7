//! What a refusal tells: by the one table, and nothing of what lies behind a 5xx.

use proptest::prelude::*;
use tenancy_core::{Error, ErrorKind, Problem, Protocol};

const ALL: [(ErrorKind, u16, u8); 19] = [
    (ErrorKind::Invalid, 400, 3),
    (ErrorKind::NotFound, 404, 5),
    (ErrorKind::Conflict, 409, 6),
    (ErrorKind::ForeignTenant, 403, 7),
    (ErrorKind::TenantRequired, 400, 3),
    (ErrorKind::TenantUnknown, 404, 5),
    (ErrorKind::TenantMismatch, 403, 7),
    (ErrorKind::TenantSuspended, 403, 7),
    (ErrorKind::TenantReadOnly, 403, 7),
    (ErrorKind::TenantProvisioning, 503, 14),
    (ErrorKind::CredentialRequired, 401, 16),
    (ErrorKind::CredentialInvalid, 401, 16),
    (ErrorKind::Forbidden, 403, 7),
    (ErrorKind::FeatureNotInPlan, 403, 7),
    (ErrorKind::QuotaExceeded, 429, 8),
    (ErrorKind::Overloaded, 503, 14),
    (ErrorKind::Unavailable, 503, 14),
    (ErrorKind::Misconfigured, 500, 13),
    (ErrorKind::Internal, 500, 13),
];

#[test]
fn the_table_is_written_down_twice() {
    for (kind, http, grpc) in ALL {
        let problem = Problem::from(Error::new(kind, "do something"));
        assert_eq!((problem.status(), problem.grpc_status()), (http, grpc), "{kind:?}");
    }
}

#[test]
fn the_grpc_message_is_encoded() {
    let problem = Problem::new(404, "x", "50 % of grün\n");
    let response = problem.into_response_over(Protocol::Grpc);
    assert_eq!(response.headers()["grpc-message"], "50 %25 of gr%C3%BCn%0A");
}

proptest! {
    #[test]
    fn nothing_behind_a_5xx_is_told(secret in "[a-zA-Z0-9]{12,40}", index in 0..ALL.len()) {
        let (kind, status, _) = ALL[index];
        let source = Error::new(ErrorKind::Internal, secret.clone());
        let error = |message: &str| Error::new(kind, message.to_owned()).with_source(source);
        let hidden = matches!(
            kind,
            ErrorKind::CredentialInvalid | ErrorKind::ForeignTenant
        ) || status >= 500;
        // Causes are never told; messages only where the caller can act on them.
        let error = error(if hidden { &secret } else { "do something" });
        let error = if hidden { error.with_subject(secret.clone()) } else { error };
        let problem = Problem::from(error);
        let json = serde_json::to_string(&problem).unwrap();
        prop_assert!(!json.contains(&secret), "{json}");
        let response = problem.into_response_over(Protocol::Grpc);
        let told = format!("{:?}", response.headers());
        prop_assert!(!told.contains(&secret), "{told}");
    }
}
