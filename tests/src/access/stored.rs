//! Grants and forbids as a store keeps them.

use serde_json::{Value, json};
use tenancy_core::access::{Forbid, Grant};
use time::macros::datetime;

use super::world::{forbid, one, permission, role};

fn grants() -> [Grant; 3] {
    [
        role("g1", "teacher", "class/9a%2Fb")
            .valid_from(datetime!(2026-08-01 00:00 +2))
            .valid_until(datetime!(2026-12-18 12:00:00.000000001 UTC)),
        one("g2", "grades:view", "tenant").only_own(),
        Grant::permissions("g3", [permission("a:b"), permission("c:d")], "k/1".parse().unwrap()),
    ]
}

#[test]
fn what_is_written_is_read_again() {
    for grant in grants() {
        let text = serde_json::to_string(&grant).unwrap();
        assert_eq!(serde_json::from_str::<Grant>(&text).unwrap(), grant, "{text}");
    }
    let forbids = [
        forbid("f1", "*:*", "tenant"),
        forbid("f2", "grades:*", "pupil/17").only_own().valid_until(datetime!(2030-01-01 0:00 UTC)),
    ];
    for forbid in forbids {
        let text = serde_json::to_string(&forbid).unwrap();
        assert_eq!(serde_json::from_str::<Forbid>(&text).unwrap(), forbid, "{text}");
    }
}

/// What is left out, misspelt or doubled must not end as a wider grant.
#[test]
fn nothing_is_wider_by_a_mistake() {
    let good = || json!({ "id": "g", "role": "teacher", "scope": "class/9a" });
    let read = |change: fn(&mut Value)| {
        let mut stored = good();
        change(&mut stored);
        serde_json::from_value::<Grant>(stored)
    };
    assert!(read(|_| ()).is_ok());
    let mistakes: [fn(&mut Value); 13] = [
        |stored| drop(stored.as_object_mut().unwrap().remove("scope")),
        |stored| stored["scope"] = json!(null),
        |stored| stored["scope"] = json!(""),
        |stored| stored["scope"] = json!("class"),
        |stored| stored["scop"] = json!("class/9a"),
        |stored| stored["valid_untill"] = json!("2026-12-18T00:00:00Z"),
        |stored| stored["valid_until"] = json!("tomorrow"),
        |stored| stored["valid_until"] = json!(0),
        |stored| stored["only_own"] = json!("yes"),
        |stored| stored["only_own"] = json!(null),
        |stored| drop(stored.as_object_mut().unwrap().remove("role")),
        |stored| stored["permissions"] = json!(["grades:view"]),
        |stored| stored["role"] = json!("*"),
    ];
    for (at, mistake) in mistakes.into_iter().enumerate() {
        assert!(read(mistake).is_err(), "mistake {at}");
    }
    let twice = r#"{"id":"g","role":"teacher","scope":"class/9a","scope":"tenant"}"#;
    assert!(serde_json::from_str::<Grant>(twice).is_err());
    let pattern = json!({ "id": "g", "permissions": ["grades:*"], "scope": "tenant" });
    assert!(serde_json::from_value::<Grant>(pattern).is_err());
}

#[test]
fn a_forbid_is_not_narrower_by_a_mistake() {
    let good = json!({ "id": "f", "permission": "grades:*", "scope": "pupil/17" });
    assert!(serde_json::from_value::<Forbid>(good.clone()).is_ok());
    for (member, value) in [
        ("scope", json!("")),
        ("scope", json!(null)),
        ("permission", json!("grades")),
        ("permission", json!("")),
        ("only_owns", json!(true)),
        ("valid_until", json!("soon")),
    ] {
        let mut stored = good.clone();
        stored[member] = value;
        assert!(serde_json::from_value::<Forbid>(stored).is_err(), "{member}");
    }
}
