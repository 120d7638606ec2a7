//! Scopes: nothing passes for what it is not.

use proptest::collection::vec;
use proptest::prelude::*;
use tenancy_core::access::Scope;

use super::world::{NOW, World, ada, permission, role, scope};

#[test]
fn a_longer_id_is_another_id() {
    let world = World::new();
    let view = permission("accounts:view");
    for access in world.both(&ada(), |none| none.with(role("g", "reader", "branch/7"))) {
        let permitted = |at: &Scope| access.decide(&view, at, NOW).is_permitted();
        assert!(permitted(&scope("branch/7")));
        assert!(permitted(&scope("branch/7/account/42")));
        for other in [
            "branch/70",
            "branch/70/account/42",
            "branch/7%2F",
            "branch/7%2Faccount%2F42",
            "branch/07",
            "branch/ 7",
            "branch//account/7",
            "branch/",
            "account/42",
            "account/42/branch/7",
            "branch-old/7",
            "tenant",
        ] {
            assert!(!permitted(&scope(other)), "{other}");
        }
        assert!(!permitted(&Scope::TENANT.at("branch", "7/account/42")));
        assert!(!permitted(&Scope::TENANT.at("branch", "7%2F")));
    }
}

/// An id that is missing is an id like any other, and covers no other.
#[test]
fn an_empty_id_covers_nothing_else() {
    let nobody = Scope::TENANT.at("branch", "");
    assert_eq!(nobody.to_string(), "branch/");
    assert!(nobody.covers(&nobody) && nobody.covers(&nobody.clone().at("account", 1)));
    assert!(!nobody.covers(&Scope::TENANT) && !nobody.covers(&Scope::TENANT.at("branch", 7)));
    assert!(!nobody.covers(&Scope::TENANT.at("branch", "/account/1")));
}

#[test]
fn what_is_no_scope_is_refused() {
    for bad in [
        "",
        " ",
        "/",
        "branch",
        "branch/7/",
        "/branch/7",
        "branch/7/account",
        "Tenant",
        "Branch/7",
        "*/7",
        "*",
        "branch/7\n",
        "branch/%2f",
        "branch/%41",
        "branch/%",
        "branch/%2",
        "branch/%FF",
        "branch/%zz",
        "branch/%+2",
        "1/2",
        "branch/7//8",
        "tenant/1/",
    ] {
        assert!(Scope::parse(bad).is_err(), "{bad:?}");
        assert!(serde_json::from_value::<Scope>(bad.into()).is_err(), "{bad:?}");
    }
    // A thing of the kind `tenant` is not the tenant.
    for thing in ["tenant/1", "tenant/"] {
        assert!(!scope(thing).is_tenant() && !scope(thing).covers(&scope("branch/7")));
    }
}

#[test]
#[should_panic(expected = "a scope's kind is a word")]
fn a_kind_is_a_word() {
    let _ = Scope::TENANT.at("branch/7/account", 42);
}

type Path = Vec<(usize, String)>;

fn path() -> impl Strategy<Value = Path> {
    let id = prop_oneof![
        2 => "[17]{0,2}",
        1 => "[/%a2F\n]{0,4}",
        1 => any::<String>(),
    ];
    vec((0..KINDS.len(), id), 0..4)
}

const KINDS: [&str; 3] = ["branch", "b", "tenant"];

fn built(path: &Path) -> Scope {
    path.iter().fold(Scope::TENANT, |scope, (kind, id)| scope.at(KINDS[*kind], id))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_scope_covers_what_begins_with_its_steps(one in path(), other in path(), more in path()) {
        let below: Path = one.iter().chain(&more).cloned().collect();
        for (a, b) in [(&one, &other), (&other, &one), (&one, &below), (&below, &one)] {
            prop_assert_eq!(built(a).covers(&built(b)), b.starts_with(a));
            prop_assert_eq!(built(a) == built(b), a == b);
        }
    }

    #[test]
    fn a_scope_reads_its_own_text_and_no_other(path in path(), text in any::<String>()) {
        let scope = built(&path);
        let shown = scope.to_string();
        prop_assert!(!shown.chars().any(char::is_control));
        prop_assert_eq!(&Scope::parse(&shown).unwrap(), &scope);
        for text in [text.clone(), format!("branch/{text}"), shown.replace("%2F", "%2f")] {
            if let Ok(read) = Scope::parse(&text) {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
