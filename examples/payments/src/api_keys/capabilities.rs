use crate::access::capabilities;

capabilities! {
    /// See API keys, never their secrets.
    ViewApiKeys = "api-keys:view" for Owner Admin Developer Auditor Support;
    /// Make and replace API keys.
    CreateApiKeys = "api-keys:create" for Owner Admin Developer;
    /// Revoke API keys.
    RevokeApiKeys = "api-keys:revoke" for Owner Admin Developer;
}
