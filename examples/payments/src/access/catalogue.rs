use tenancy_core::access::{self, Forbid, RoleCatalogue, Scope};
use tenancy_core::{Error, ErrorKind};

use super::{Declared, Role};
use crate::{
    api_keys, audit, bulk, customers, disputes, domains, events, inbound, integrations, ledger,
    payments, people, plan, support, usage, webhooks, workflows,
};

/// The features that ask for permissions.
const FEATURES: &[&[Declared]] = &[
    customers::CAPABILITIES,
    payments::CAPABILITIES,
    payments::refunds::CAPABILITIES,
    ledger::CAPABILITIES,
    audit::CAPABILITIES,
    disputes::CAPABILITIES,
    workflows::CAPABILITIES,
    bulk::CAPABILITIES,
    events::CAPABILITIES,
    integrations::CAPABILITIES,
    inbound::CAPABILITIES,
    webhooks::CAPABILITIES,
    plan::CAPABILITIES,
    usage::CAPABILITIES,
    people::CAPABILITIES,
    api_keys::CAPABILITIES,
    domains::CAPABILITIES,
    support::CAPABILITIES,
];

/// Returns all capabilities there are.
pub(super) fn declared() -> impl Iterator<Item = &'static Declared> {
    FEATURES.iter().copied().flatten()
}

/// Puts together what the features declare.
///
/// # Errors
///
/// [`ErrorKind::Misconfigured`] for a permission that two features declare, or a malformed one.
pub(crate) fn catalogue() -> Result<RoleCatalogue, Error> {
    let mut builder = RoleCatalogue::builder();
    let mut seen = std::collections::BTreeSet::new();
    for Declared { permission, four_eyes, .. } in declared() {
        let (resource, action) = permission.split_once(':').unwrap_or((permission, ""));
        if !seen.insert(permission) {
            let message = format!("declare {permission}: another feature declares it");
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        builder = builder.resource(resource, [action]);
        if *four_eyes {
            let id = format!("maker_is_approver_{resource}");
            let forbid = Forbid::new(id, permission.parse()?, Scope::TENANT).only_own();
            builder = builder.forbid(forbid);
        }
    }
    for role in Role::ALL {
        let has = declared().filter(|declared| declared.roles.contains(&role));
        let empty = access::Role::new(role.as_str());
        builder = builder.role(has.fold(empty, |role, declared| role.may(declared.permission)));
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use tenancy_core::access::{RoleName, Scope};

    use super::*;

    fn permissions(role: Role) -> Vec<String> {
        let name = RoleName::parse(role.as_str()).unwrap();
        let catalogue = catalogue().unwrap();
        catalogue.role_permissions(&name).unwrap().map(ToString::to_string).collect()
    }

    /// An owner who lacks something could give it to nobody.
    #[test]
    fn owners_have_all_that_members_have() {
        let owner = permissions(Role::Owner);
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Support) {
            for permission in permissions(role) {
                assert!(owner.contains(&permission), "{} has {permission}", role.as_str());
            }
        }
    }

    #[test]
    fn those_who_read_change_nothing() {
        for role in [Role::Auditor, Role::Analyst, Role::Support] {
            for permission in permissions(role) {
                let (_, action) = permission.split_once(':').unwrap();
                assert!(
                    ["view", "export", "verify"].contains(&action),
                    "{} has {permission}",
                    role.as_str()
                );
            }
        }
    }

    #[test]
    fn four_eyes_are_forbids_on_own_objects() {
        let catalogue = catalogue().unwrap();
        let four_eyes = declared().filter(|declared| declared.four_eyes).count();
        assert_eq!(catalogue.forbids().len(), four_eyes);
        assert!(catalogue.forbids().all(Forbid::is_only_own));
        assert!(catalogue.forbids().all(|forbid| *forbid.scope() == Scope::TENANT));
    }

    #[test]
    fn each_is_described_once() {
        let mut seen = std::collections::BTreeSet::new();
        for declared in declared() {
            assert!(seen.insert(declared.permission), "{} is declared twice", declared.permission);
            assert!(declared.about.len() > 5, "{} is not described", declared.permission);
        }
    }
}
