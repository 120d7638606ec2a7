use async_trait::async_trait;
use tenancy_core::access::{Grant, GrantSource, Grants, RoleName, Scope};
use tenancy_core::{Actor, ActorKind, Error, TenantId};

use super::Role;

/// Finds what somebody was given at a tenant.
///
/// * A program has the role `api_key`, narrowed to its key's scopes. A key without scopes may do
///   what an owner may; the demo keys are such keys.
/// * Whoever a token of the platform's own secret names has the role `owner`, narrowed to the
///   token's scopes: who holds that secret speaks for the platform.
#[derive(Debug)]
pub(crate) struct PlatformGrants;

#[async_trait]
impl GrantSource for PlatformGrants {
    async fn grants(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error> {
        let role = match actor.kind() {
            ActorKind::ApiKey if actor.scopes().is_some() => Role::ApiKey,
            ActorKind::ApiKey | ActorKind::User => Role::Owner,
            _ => return Ok(Grants::of(tenant, actor)),
        };
        let name = RoleName::from_static(role.as_str());
        Ok(Grants::of(tenant, actor).with(Grant::role(role.as_str(), name, Scope::TENANT)))
    }
}

#[cfg(test)]
mod tests {
    use tenancy_core::access::{Access, Permission};
    use time::OffsetDateTime;

    use super::*;
    use crate::access::catalogue;

    async fn may(actor: &Actor, permission: &'static str) -> bool {
        let (here, now) = (TenantId::generate(), OffsetDateTime::UNIX_EPOCH);
        let catalogue = catalogue().unwrap();
        let access = Access::load(&PlatformGrants, &catalogue, here, actor).await.unwrap();
        access.decide(&Permission::from_static(permission), &Scope::TENANT, now).is_permitted()
    }

    #[tokio::test]
    async fn scopes_narrow_keys_and_tokens() {
        for kind in [ActorKind::ApiKey, ActorKind::User] {
            let everything = Actor::new(kind, "key_1");
            let narrow = everything.clone().with_scopes(["payments:view"]);
            assert!(may(&everything, "payments:create").await);
            assert!(may(&narrow, "payments:view").await);
            assert!(!may(&narrow, "payments:create").await);
            let nothing = everything.clone().with_scopes(Vec::<&str>::new());
            assert!(!may(&nothing, "payments:view").await);
        }
        assert!(!may(&Actor::new(ActorKind::System, "job"), "payments:view").await);
    }
}
