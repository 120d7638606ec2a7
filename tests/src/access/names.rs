//! Permissions, patterns and names of roles: what is one, and what is not.

use tenancy_core::ErrorKind;
use tenancy_core::access::{Permission, PermissionPattern, RoleName};

const BAD_WORDS: [&str; 18] = [
    "",
    " ",
    "*",
    "**",
    "a*",
    "Pay",
    "1a",
    "_a",
    "-a",
    "a b",
    "a\n",
    "a\0",
    "a/b",
    "a.b",
    "ä",
    "\u{430}",
    "a\u{200b}",
    "a%20",
];

#[test]
fn odd_words_are_no_permission_pattern_or_role() {
    let too_long = "a".repeat(33);
    for bad in BAD_WORDS.into_iter().chain([too_long.as_str()]) {
        for text in [format!("{bad}:view"), format!("grades:{bad}")] {
            let error = Permission::parse(&text).unwrap_err();
            assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("permission")));
            assert_eq!(PermissionPattern::parse(&text).is_ok(), bad == "*", "{text:?}");
        }
        assert!(RoleName::parse(bad).is_err(), "{bad:?}");
    }
    for text in ["grades", ":", "a::b", "a:b:c", " a:b", "a:b ", "a:b\n", "a: b", "*"] {
        assert!(Permission::parse(text).is_err(), "{text:?}");
        assert!(PermissionPattern::parse(text).is_err(), "{text:?}");
    }
    for good in ["a", "z9", "a_b-c", &"a".repeat(32)] {
        assert!(RoleName::parse(good).is_ok());
        assert_eq!(Permission::parse(&format!("{good}:{good}")).unwrap().resource(), good);
    }
}

#[test]
fn a_star_is_a_whole_word() {
    let matches = |pattern: &str, permission: &str| {
        let pattern = PermissionPattern::parse(pattern).unwrap();
        pattern.matches(&Permission::parse(permission).unwrap())
    };
    for (pattern, yes, no) in [
        ("grades:view", "grades:view", "grades:view-all"),
        ("grades:*", "grades:update", "grades-old:update"),
        ("*:view", "medical:view", "medical:review"),
    ] {
        assert!(matches(pattern, yes) && !matches(pattern, no), "{pattern}");
        assert!(matches("*:*", yes) && matches("*:*", no));
        assert_eq!(PermissionPattern::parse(pattern).unwrap().to_string(), pattern);
    }
    assert_eq!(PermissionPattern::EVERYTHING, "*:*".parse().unwrap());
}

#[test]
fn stored_names_are_read_as_strictly() {
    for bad in ["\"Grades:view\"", "\"grades\"", "\"grades:*\"", "7", "null", "\"\""] {
        assert!(serde_json::from_str::<Permission>(bad).is_err(), "{bad}");
    }
    for bad in ["\"Teacher\"", "\"a:b\"", "\"*\"", "7", "null", "\"\""] {
        assert!(serde_json::from_str::<RoleName>(bad).is_err(), "{bad}");
    }
    let read: Permission = serde_json::from_str("\"grades:view\"").unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), "\"grades:view\"");
}
