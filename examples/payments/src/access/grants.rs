use async_trait::async_trait;
use tenancy_core::access::{Grant, GrantSource, Grants, RoleName, Scope};
use tenancy_core::{Actor, ActorKind, Error, List, TenantId};
use tenancy_sqlx::TenantDb;

use super::Role;
use crate::ids::{PlatformUserId, UserId};
use crate::people::{Member, MemberState};
use crate::support::SupportGrant;

/// How the ids of the platform's people begin.
const SUPPORT: &str = "psu_";

/// Finds what somebody was given at a tenant.
///
/// * A program has the role `api_key`, narrowed to its key's scopes. A key without scopes may do
///   what an owner may; the demo keys are such keys, and the API makes none.
/// * A member has the member's role, as it is now. Who is no member any more has nothing.
/// * Somebody of the platform has the role `support` while a grant of the tenant is good, and only
///   on behalf of an owner.
/// * Whoever else a token of the platform's own secret names has the role `owner`, narrowed to the
///   token's scopes: who holds that secret speaks for the platform.
#[derive(Debug)]
pub(crate) struct PlatformGrants(TenantDb);

impl PlatformGrants {
    /// Reads members from this database.
    pub(crate) const fn new(db: TenantDb) -> Self {
        Self(db)
    }

    /// Somebody of the platform has what the newest grant gives, until its time is over.
    async fn support(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error> {
        let grants = Grants::of(tenant, actor);
        let Ok(user) = actor.id().parse::<PlatformUserId>() else { return Ok(grants) };
        let newest = List::newest(1).filter(SupportGrant::USER_ID.eq(user));
        let found = self.0.read_latest(tenant).repo::<SupportGrant>().list(newest).await?;
        // For nobody but an owner who could see it too, and never for the asker's own account.
        let found = found.items.into_iter().find(SupportGrant::stands);
        Ok(match found.filter(|_| actor.acts_for().is_some()) {
            Some(grant) => {
                let name = RoleName::from_static(Role::Support.as_str());
                let given = Grant::role(grant.id.to_string(), name, Scope::TENANT);
                grants.with(given.valid_until(grant.expires_at))
            }
            None => grants,
        })
    }

    async fn role_of(&self, tenant: TenantId, user: UserId) -> Result<Option<Role>, Error> {
        let found = self.0.read_latest(tenant).repo::<Member>().get(&user).await?;
        let member = found.filter(|member| member.state == MemberState::Active);
        Ok(member.and_then(|member| member.role()))
    }
}

#[async_trait]
impl GrantSource for PlatformGrants {
    async fn grants(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error> {
        let role = match actor.kind() {
            ActorKind::ApiKey if actor.scopes().is_some() => Some(Role::ApiKey),
            ActorKind::ApiKey => Some(Role::Owner),
            // Users of the platform are known by ids of this form, and nobody else is.
            ActorKind::User => match actor.id().parse() {
                Ok(user) => self.role_of(tenant, user).await?,
                Err(_) if actor.id().starts_with("usr_") => None,
                Err(_) if actor.id().starts_with(SUPPORT) => {
                    return self.support(tenant, actor).await;
                }
                Err(_) => Some(Role::Owner),
            },
            _ => None,
        };
        let grants = Grants::of(tenant, actor);
        Ok(match role {
            Some(role) => {
                let name = RoleName::from_static(role.as_str());
                grants.with(Grant::role(role.as_str(), name, Scope::TENANT))
            }
            None => grants,
        })
    }
}

#[cfg(test)]
mod tests {
    use tenancy_core::access::{Access, Permission};
    use time::OffsetDateTime;

    use super::*;
    use crate::access::catalogue;

    async fn may(actor: &Actor, permission: &'static str) -> bool {
        let db = TenantDb::options().register::<Member>().connect("sqlite::memory:").await.unwrap();
        let (here, now) = (TenantId::generate(), OffsetDateTime::UNIX_EPOCH);
        let (catalogue, source) = (catalogue().unwrap(), PlatformGrants::new(db));
        let access = Access::load(&source, &catalogue, here, actor).await.unwrap();
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

    /// No key that was narrowed once may do what only people may, whatever its scopes say.
    #[tokio::test]
    async fn keys_manage_no_people_and_no_keys() {
        let scopes = ["members:invite", "owners:manage", "api-keys:create", "payments:view"];
        let key = Actor::new(ActorKind::ApiKey, "key_1").with_scopes(scopes);
        assert!(may(&key, "payments:view").await);
        for permission in &scopes[..3] {
            assert!(!may(&key, permission).await, "{permission}");
        }
    }

    /// What looks like a user of the platform and is none gets nothing.
    #[tokio::test]
    async fn who_is_no_user_is_not_taken_for_the_platform() {
        for id in ["usr_", "usr_1", "usr_owner"] {
            assert!(!may(&Actor::new(ActorKind::User, id), "payments:view").await, "{id}");
        }
    }
}
