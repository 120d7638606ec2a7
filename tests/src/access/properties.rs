//! Random roles, grants, forbids, places and times: decided as by the book.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tenancy_core::access::{Access, AccessDecision, Grants, Owner, Scope};
use tenancy_core::{Actor, ActorKind};

use super::oracle::{
    ARole, DECLARED, Forbidden, Given, Gives, KINDS, Narrowing, Path, Person, Said, Story, Thing,
    at, said, scope,
};
use super::world::{bob, permission};
use crate::harness::two_tenants;

const TIMES: std::ops::Range<i64> = 0..5;
const ROLE_PATTERNS: [&str; 7] = ["a:*", "*:x", "b:y", "a:x", "ab:*", "*:xy", "*:y"];

fn path() -> impl Strategy<Value = Path> {
    vec((0..KINDS.len(), "[1k/]{0,2}|1"), 0..3)
}

fn narrowing() -> impl Strategy<Value = Narrowing> {
    let path = prop_oneof![1 => Just(vec![]), 2 => path()];
    let time = || prop_oneof![2 => Just(None), 1 => TIMES.prop_map(Some)];
    (path, prop::bool::weighted(0.2), time(), time())
        .prop_map(|(path, only_own, from, until)| Narrowing { path, only_own, from, until })
}

fn forbidden(patterns: &'static [&'static str]) -> impl Strategy<Value = Forbidden> {
    (select(patterns), narrowing())
        .prop_map(|(pattern, narrowing)| Forbidden { pattern, narrowing })
}

fn given() -> impl Strategy<Value = Given> {
    let gives = prop_oneof![
        3 => (0..5_usize).prop_map(Gives::Role),
        1 => subsequence(vec!["a:x", "a:y", "b:x", "c:z"], 0..3).prop_map(Gives::Permissions),
    ];
    (gives, narrowing()).prop_map(|(gives, narrowing)| Given { gives, narrowing })
}

/// Ids of their own, in any order.
fn with_ids<T: std::fmt::Debug + Clone>(
    values: impl Strategy<Value = Vec<T>>,
) -> impl Strategy<Value = Vec<(u8, T)>> {
    let ids = Just((0..20).collect::<Vec<u8>>()).prop_shuffle();
    (values, ids).prop_map(|(values, ids)| ids.into_iter().zip(values).collect())
}

fn person(id: &'static str) -> impl Strategy<Value = Person> {
    let scopes = option::weighted(0.2, subsequence(DECLARED.to_vec(), 2..=DECLARED.len()));
    let grants = with_ids(vec(given(), 0..11));
    let forbids = with_ids(vec(forbidden(&["a:*", "*:y", "b:x", "*:*", "gone:*"]), 0..3));
    (scopes, grants, forbids).prop_map(move |(scopes, grants, forbids)| Person {
        id,
        scopes,
        grants,
        forbids,
    })
}

fn roles() -> impl Strategy<Value = Vec<ARole>> {
    let role = |place: usize| {
        let parents = subsequence((0..place).collect::<Vec<_>>(), 0..=place.min(2));
        let patterns = subsequence(ROLE_PATTERNS.to_vec(), 0..3);
        (parents, patterns).prop_map(|(parents, patterns)| ARole { parents, patterns })
    };
    (role(0), role(1), role(2), role(3)).prop_map(|(a, b, c, d)| vec![a, b, c, d])
}

fn story() -> impl Strategy<Value = Story> {
    let chain = prop_oneof![
        2 => person("ada").prop_map(|ada| vec![ada]),
        1 => (person("ada"), person("bob")).prop_map(|(ada, bob)| vec![ada, bob]),
        1 => (person("ada"), person("bob"), person("eve")).prop_map(|(a, b, e)| vec![a, b, e]),
    ];
    (roles(), vec(forbidden(&["a:x", "*:xy"]), 0..2), chain)
        .prop_map(|(roles, forbids, chain)| Story { roles, forbids, chain })
}

fn owner() -> impl Strategy<Value = Owner<'static>> {
    prop_oneof![
        Just(Owner::Unknown),
        Just(Owner::Nobody),
        Just(Owner::user("ada")),
        Just(Owner::user("bob")),
        Just(Owner::Actor(ActorKind::ApiKey, "ada")),
    ]
}

fn thing() -> impl Strategy<Value = Thing> {
    (vec(path(), 0..3), owner()).prop_map(|(paths, owner)| Thing::new(paths, owner))
}

fn asked() -> impl Strategy<Value = &'static str> {
    prop_oneof![20 => select(&DECLARED[..]), 1 => Just("gone:x")]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn decided_as_by_the_book(
        stories in [story(), story()],
        questions in vec((asked(), thing(), TIMES), 12),
    ) {
        let (school, bank) = two_tenants();
        for (tenant, story) in [school, bank].into_iter().zip(&stories) {
            let access = story.access(tenant);
            for (asked, thing, now) in &questions {
                let decision = access.decide(&permission(asked), thing, at(*now));
                prop_assert_eq!(said(&decision), story.decide(asked, thing, *now));
                if decision.is_permitted() {
                    let somewhere = access.require_somewhere(&permission(asked), at(*now));
                    prop_assert!(somewhere.is_ok());
                }
            }
        }
    }

    /// What holds for a place holds for all that lies below it, whosever it is.
    #[test]
    fn a_place_stands_for_all_below_it(
        story in story(),
        asked in select(&DECLARED[..]),
        above in path(),
        below in path(),
        owner in owner(),
        now in TIMES,
    ) {
        let asked = permission(asked);
        let deeper = Thing::new(vec![above.iter().chain(&below).cloned().collect()], owner);
        for tenant in <[_; 2]>::from(two_tenants()) {
            let access = story.access(tenant);
            if access.decide(&asked, &scope(&above), at(now)).is_permitted() {
                prop_assert!(access.decide(&asked, &deeper, at(now)).is_permitted());
            }
            if access.decide(&asked, &Scope::TENANT, at(now)).is_permitted() {
                prop_assert!(access.decide(&asked, &deeper, at(now)).is_permitted());
            }
        }
    }

    /// What somebody may give permits nobody more than it permits him.
    #[test]
    fn nobody_gives_more_than_he_has(
        story in story(),
        given in given(),
        asked in select(&DECLARED[..]),
        path in path(),
        now in TIMES,
    ) {
        let grant = given.build("given".to_owned());
        let asked = permission(asked);
        let receiver: Actor = bob();
        let thing = Thing::new(vec![path], Owner::user("bob"));
        for tenant in <[_; 2]>::from(two_tenants()) {
            let giver = story.access(tenant);
            if !giver.may_give(&grant) {
                continue;
            }
            let grants = [Grants::of(tenant, &receiver).with(grant.clone())];
            let taken = Access::new(giver.catalogue(), tenant, &receiver, grants).unwrap();
            if taken.decide(&asked, &thing, at(now)).is_permitted() {
                match giver.decide(&asked, &thing, at(now)) {
                    AccessDecision::Permitted(_) => {}
                    // What is about own objects is about each one's own.
                    AccessDecision::Forbidden(forbid) if forbid.is_only_own() => {}
                    more => prop_assert!(false, "{more:?}"),
                }
            }
        }
    }
}

/// So that the book is not compared on refusals alone.
#[test]
fn the_stories_have_every_end() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut ends = [0_u32; 5];
    for _ in 0..2_000 {
        let draw = (story(), asked(), thing(), TIMES).new_tree(&mut runner).unwrap().current();
        let end = match draw.0.decide(draw.1, &draw.2, draw.3) {
            Said::Permitted(..) => 0,
            Said::Forbidden(_) => 1,
            Said::NotGranted(_) => 2,
            Said::TooNarrow(_) => 3,
            Said::Undeclared => 4,
        };
        ends[end] += 1;
    }
    assert!(ends.iter().all(|count| *count > 50), "{ends:?}");
}
