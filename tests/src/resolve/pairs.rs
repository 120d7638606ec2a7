//! Every pair of strategies, agreeing and disagreeing. Nobody wins a disagreement.

use http::request::Builder;
use tenancy_core::{Error, ErrorKind, Resolution};

use super::strategy::Strategy;
use super::world::{World, get, resolve};

fn pairs() -> impl Iterator<Item = (Strategy, Strategy)> {
    let all = Strategy::ALL;
    all.into_iter()
        .flat_map(move |one| all.map(|other| (one, other)))
        .filter(|(one, other)| one != other && !one.shares_its_host_with(*other))
}

#[tokio::test]
async fn those_that_agree_are_joined() {
    let world = World::new();
    for (one, other) in pairs() {
        let request = one.naming(&world, &world.south, get());
        let found = world.resolve(other.naming(&world, &world.south, request)).await;
        if one.shares_its_source_with(other) {
            assert_eq!(found.unwrap_err().kind(), ErrorKind::CredentialInvalid);
            continue;
        }
        let found = found.unwrap().unwrap();
        assert_eq!(found.tenant().id(), world.south.id, "{one:?} and {other:?}");
        assert_eq!(found.via(), one.via().min(other.via()), "{one:?} and {other:?}");
        assert_eq!(found.trust(), one.trust().max(other.trust()), "{one:?} and {other:?}");
        let credential = one.is_credential() || other.is_credential();
        assert_eq!(found.actor().is_some(), credential, "{one:?} and {other:?}");
    }
}

#[tokio::test]
async fn those_that_disagree_are_refused_whichever_comes_first() {
    let world = World::new();
    for (one, other) in pairs() {
        let request = one.naming(&world, &world.north, get());
        let refused = world.resolve(other.naming(&world, &world.south, request)).await.unwrap_err();
        let expected = if one.shares_its_source_with(other) {
            ErrorKind::CredentialInvalid
        } else {
            ErrorKind::TenantMismatch
        };
        assert_eq!(refused.kind(), expected, "{one:?} and {other:?}");
    }
}

/// Else a caller with one good key could try out the names of tenants.
#[tokio::test]
async fn beside_a_credential_an_unknown_name_reads_like_anothers() {
    let world = World::new();
    for (credential, other) in pairs().filter(|(one, _)| one.is_credential()) {
        if other.is_credential() {
            continue;
        }
        let with = || credential.naming(&world, &world.north, get());
        let names = [
            other.naming(&world, &world.south, with()),
            other.naming(&world, &world.frozen, with()),
            other.naming(&world, &world.gone, with()),
            other.unknown(&world, with()),
            other.malformed(with()),
        ];
        for request in names {
            let refused = world.resolve(request).await.unwrap_err();
            assert_eq!(told(&refused), MISMATCH, "{credential:?} and {other:?}");
        }
    }
}

#[tokio::test]
async fn a_bad_credential_is_refused_beside_a_good_one() {
    let world = World::new();
    let credentials = pairs().filter(|(one, other)| one.is_credential() && other.is_credential());
    // A cookie that leads nowhere is no credential.
    for (good, bad) in credentials.filter(|(_, bad)| *bad != Strategy::Session) {
        let with = || good.naming(&world, &world.north, get());
        let malformed = world.resolve(bad.malformed(with())).await.unwrap_err();
        assert_eq!(malformed.kind(), ErrorKind::CredentialInvalid, "{good:?} and {bad:?}");

        let unknown = world.resolve(bad.unknown(&world, with())).await.unwrap_err();
        // A token is good by its signature, even when its tenant is gone; so is an envelope, which
        // every other credential is heard before.
        let expected = match bad {
            Strategy::Jwt if !bad.shares_its_source_with(good) => ErrorKind::TenantUnknown,
            Strategy::Envelope => ErrorKind::TenantMismatch,
            _ => ErrorKind::CredentialInvalid,
        };
        assert_eq!(unknown.kind(), expected, "{good:?} and {bad:?}");
    }
}

/// The order of strategies means nothing: not for who is found, nor for who acts, nor for what
/// a refusal says.
#[tokio::test]
async fn a_chain_put_together_from_behind_answers_the_same() {
    let world = World::new();
    let (chain, reversed) = (world.chain(), world.reversed_chain());
    for (one, other) in pairs() {
        let request = || one.naming(&world, &world.north, get());
        let requests: [&dyn Fn() -> Builder; 4] = [
            &|| other.naming(&world, &world.north, request()),
            &|| other.naming(&world, &world.south, request()),
            &|| other.unknown(&world, request()),
            &|| other.malformed(request()),
        ];
        for request in requests {
            let (forth, back) =
                (resolve(&chain, request()).await, resolve(&reversed, request()).await);
            assert_eq!(summary(&forth), summary(&back), "{one:?} and {other:?}");
        }
    }
}

fn summary(found: &Result<Option<Resolution>, Error>) -> String {
    match found {
        Ok(None) => "nobody".to_owned(),
        Ok(Some(found)) => {
            let id = found.tenant().id();
            format!("{id} {:?} {:?} {:?}", found.via(), found.trust(), found.actor())
        }
        Err(error) => format!("{:?}", told(error)),
    }
}

#[tokio::test]
async fn all_at_once_agree_or_are_refused() {
    let world = World::new();
    let without_bearer = [Strategy::KeyHeader, Strategy::Header, Strategy::Subdomain];
    let token = || Strategy::Jwt.naming(&world, &world.north, get());
    let all = without_bearer
        .into_iter()
        .fold(token(), |request, strategy| strategy.naming(&world, &world.north, request));
    assert_eq!(world.resolve(all).await.unwrap().unwrap().tenant().id(), world.north.id);

    for odd in without_bearer {
        let request = without_bearer.into_iter().fold(token(), |request, strategy| {
            let whom = if strategy == odd { &world.south } else { &world.north };
            strategy.naming(&world, whom, request)
        });
        let refused = world.resolve(request).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TenantMismatch, "{odd:?} is the odd one");
    }
}

/// Kind, message and subject: all that a caller can see.
type Told<'a> = (ErrorKind, &'a str, Option<&'a str>);

const MISMATCH: Told<'_> = (ErrorKind::TenantMismatch, "the request names different tenants", None);

fn told(error: &Error) -> Told<'_> {
    (error.kind(), error.message(), error.subject())
}
