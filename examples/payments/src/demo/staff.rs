use tenancy_core::TenantId;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Builder;

use super::Demo;
use super::random::Random;
use crate::access::Role;
use crate::ids::UserId;
use crate::people::{Account, Member, MemberState};

/// What all of them sign in with.
pub(crate) const PASSWORD: &str = "a demo password";

/// It is hashed once and for all: anybody can know it anyway.
const PASSWORD_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$i9zz+iHJa/vONZ1eFk45xA$ZSVjApjAoYmFMnJLDQVAUwyE6zdqgCGrqwotGKqXJN4";

const BEGIN: OffsetDateTime = datetime!(2026-06-01 08:00 UTC);

/// Those who work for a tenant: one in each role, and more operators where there are more.
///
/// One auditor works for two tenants.
pub(super) fn staff(demo: &Demo) -> Vec<(Account, Member)> {
    let roles = [
        Role::Owner,
        Role::Admin,
        Role::FinanceApprover,
        Role::Operator,
        Role::Analyst,
        Role::Developer,
        Role::Auditor,
    ];
    let mut staff: Vec<_> = roles
        .into_iter()
        .map(|role| {
            let shared = role == Role::Auditor && ["nordhafen", "kita"].contains(&demo.slug);
            let email = if shared {
                "auditor@ledgerwise.example".to_owned()
            } else {
                format!("{}@{}.example", role.as_str().replace('_', "-"), demo.slug)
            };
            member(demo, role, email)
        })
        .collect();
    let more = if ["riverside", "nordhafen"].contains(&demo.slug) { 3 } else { 0 };
    staff.extend((2..2 + more).map(|number| {
        member(demo, Role::Operator, format!("operator{number}@{}.example", demo.slug))
    }));
    staff
}

fn member(demo: &Demo, role: Role, email: String) -> (Account, Member) {
    let id = user_of(&email);
    let name = format!("Demo {}", role.as_str().replace('_', " "));
    let tenant_id: TenantId = demo.id();
    let account = Account::demo(email.clone(), id, PASSWORD_HASH, BEGIN);
    let member = Member {
        id,
        tenant_id,
        email,
        name,
        role: role.as_str().to_owned(),
        state: MemberState::Active,
        created_at: BEGIN,
        updated_at: BEGIN,
        version: 1,
    };
    (account, member)
}

/// Whoever has two memberships has one account.
fn user_of(email: &str) -> UserId {
    let millis = u64::try_from(BEGIN.unix_timestamp()).expect("after 1970") * 1_000;
    let random = Random::new(format!("user {email}")).bytes();
    UserId::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use kit::identity::{Password, PasswordHash, PasswordHasher};

    use super::*;
    use crate::demo::TENANTS;

    #[test]
    fn all_have_an_owner_and_one_auditor_is_shared() {
        let mut everybody = HashSet::new();
        let mut memberships = 0;
        for demo in &TENANTS {
            let staff = staff(demo);
            let owners = staff.iter().filter(|(_, member)| member.role() == Some(Role::Owner));
            assert_eq!(owners.count(), 1, "{}", demo.slug);
            memberships += staff.len();
            everybody.extend(staff.iter().map(|(account, _)| account.user_id));
        }
        assert_eq!((memberships, everybody.len()), (41, 40));
    }

    #[tokio::test]
    async fn the_hash_is_that_of_the_password() {
        let hasher = PasswordHasher::new(1);
        let is_right = async |text: &str| {
            let hash = PasswordHash::from_stored(PASSWORD_HASH);
            hasher.is_right(Password::typed(text.to_owned()), Some(hash)).await.unwrap()
        };
        assert!(is_right(PASSWORD).await);
        assert!(!is_right("another password").await);
    }
}
