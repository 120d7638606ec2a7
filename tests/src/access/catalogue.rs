//! The catalogue: what it says of roles, and what it refuses to be built from.

use std::error::Error as _;

use tenancy_core::ErrorKind;
use tenancy_core::access::{Role, RoleCatalogue, RoleCatalogueBuilder, RoleName};

use super::world::{World, forbid};

fn with(roles: impl IntoIterator<Item = Role>) -> RoleCatalogueBuilder {
    let declared = RoleCatalogue::builder()
        .resource("grades", ["view", "update"])
        .resource("accounts", ["view"]);
    roles.into_iter().fold(declared, RoleCatalogueBuilder::role)
}

fn may(catalogue: &RoleCatalogue, role: &str) -> Vec<String> {
    let permissions = catalogue.role_permissions(&RoleName::parse(role).unwrap());
    permissions.unwrap().map(ToString::to_string).collect()
}

fn refusal(builder: RoleCatalogueBuilder) -> String {
    let error = builder.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    let source = error.source().map_or(String::new(), |source| format!(": {source}"));
    format!("{error}{source}")
}

#[test]
fn roles_inherit_through_all_their_ancestors() {
    let catalogue = World::new().catalogue;
    assert_eq!(may(&catalogue, "reader"), ["accounts:view", "grades:view", "refunds:view"]);
    let manager = may(&catalogue, "manager");
    for inherited in ["grades:view", "refunds:create", "accounts:update"] {
        assert!(manager.contains(&inherited.to_owned()));
    }
    for own in ["accounts:close", "refunds:approve"] {
        assert!(manager.contains(&own.to_owned()));
        assert!(!may(&catalogue, "clerk").contains(&own.to_owned()));
    }
    assert!(!manager.contains(&"grades:update".to_owned()));
}

#[test]
fn the_order_of_roles_does_not_matter() {
    let roles = || {
        vec![
            Role::new("head").inherits("teacher").inherits("office"),
            Role::new("teacher").inherits("reader").may("grades:update"),
            Role::new("office").inherits("reader").may("accounts:view"),
            Role::new("reader").may("grades:view"),
        ]
    };
    let forwards = with(roles()).build().unwrap();
    let backwards = with(roles().into_iter().rev()).build().unwrap();
    for role in ["head", "teacher", "office", "reader"] {
        assert_eq!(may(&forwards, role), may(&backwards, role));
    }
    assert_eq!(may(&forwards, "head"), ["accounts:view", "grades:update", "grades:view"]);
}

#[test]
fn a_circle_is_refused_and_named() {
    let own = refusal(with([Role::new("a").inherits("a")]));
    assert!(own.contains("in a circle: a > a"), "{own}");
    // What leads into the circle, and what stands beside it, is not part of it.
    let three = refusal(with([
        Role::new("aa").inherits("b"),
        Role::new("b").inherits("fine").inherits("c"),
        Role::new("c").inherits("d"),
        Role::new("d").inherits("b").inherits("fine"),
        Role::new("fine"),
    ]));
    assert!(three.ends_with("in a circle: b > c > d > b"), "{three}");
}

/// Many generations.
#[test]
fn a_long_line_of_ancestors() {
    let line = (0..300_u32).map(|n| match n {
        0 => Role::new("r0").may("grades:view"),
        n => Role::new(format!("r{n}")).inherits(format!("r{}", n - 1)),
    });
    let short = with(line).build().unwrap();
    assert_eq!(may(&short, "r299"), ["grades:view"]);
}

#[test]
fn what_is_wrong_is_said() {
    let cases = [
        (with([Role::new("t").inherits("reder")]), "inherit reder: there is no such role"),
        (with([Role::new("t").may("grade:view")]), "no permission like this is declared"),
        (with([Role::new("t").may("*:viev")]), "no permission like this is declared"),
        (with([Role::new("t").may("accounts:update")]), "no permission like this is declared"),
        (with([Role::new("t").may("*:*")]), "name its resources"),
        (with([Role::new("t").may("grades")]), "it is no pattern of permissions"),
        (with([Role::new("T")]), "read a role's name"),
        (with([Role::new("t").inherits("")]), "read a role's name"),
        (with([Role::new("t"), Role::new("t")]), "it is there"),
        (with([]).resource("grades", ["View"]), "declare the permission \"grades:View\""),
        (with([]).resource("grades", ["*"]), "declare the permission \"grades:*\""),
        (with([]).forbid(forbid("f", "medical:*", "tenant")), "no permission is like medical:*"),
        (
            with([]).forbid(forbid("f", "*:*", "tenant")).forbid(forbid("f", "*:view", "tenant")),
            "this id is there",
        ),
    ];
    for (builder, why) in cases {
        let said = refusal(builder);
        assert!(said.contains(why), "{said:?} does not say {why:?}");
    }
}

/// More than a machine word of them.
#[test]
fn three_hundred_permissions() {
    let actions = ["view", "list", "create", "update", "delete", "approve", "publish"];
    let names: Vec<String> = (0..45).map(|n| format!("thing{n}")).collect();
    let declared = names.iter().fold(RoleCatalogue::builder(), |builder, name| {
        builder.resource(name, actions).resource(name, ["view"])
    });
    let catalogue = declared
        .role(Role::new("viewer").may("*:view"))
        .role(Role::new("last").may("thing9:*"))
        .build()
        .unwrap();
    assert_eq!(catalogue.permissions().len(), 315);
    assert_eq!(may(&catalogue, "viewer").len(), 45);
    assert!(may(&catalogue, "viewer").iter().all(|name| name.ends_with(":view")));
    assert_eq!(may(&catalogue, "last").len(), 7);
}
