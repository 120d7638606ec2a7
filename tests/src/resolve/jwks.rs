//! Keys that follow a JWKS: rotation, failures, and tokens that name keys nobody knows.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, Header, encode};
use serde_json::{Value, json};
use tenancy_core::resolve::{Jwks, JwksFile, JwksSource, JwtResolver, KeySet, ResolverChain};
use tenancy_core::{Error, ErrorKind};
use tokio::sync::Semaphore;

use super::strategy::bearer;
use super::token::{AUDIENCE, ISSUER, claims, sign, signing_key};
use super::world::{World, get, resolve};

#[tokio::test]
async fn keys_come_and_go() {
    let world = World::new();
    let source = Source::of(&document(&[Algorithm::RS256]));
    let chain = world.chain_of(&source.follow(&world));
    let north = sign(Algorithm::RS256, &claims(&world, world.north.slug));
    let south = sign(Algorithm::ES256, &claims(&world, world.south.slug));
    for _ in 0..2 {
        assert_eq!(found(&chain, &north).await, Ok(world.north.id));
        assert_eq!(found(&chain, &south).await, Err(ErrorKind::CredentialInvalid));
    }

    source.answer(&document(&[Algorithm::ES256]));
    world.clock.advance(Duration::from_secs(30));
    assert_eq!(found(&chain, &south).await, Ok(world.south.id));
    // Its signature was checked before, with a key that is gone.
    assert_eq!(found(&chain, &north).await, Err(ErrorKind::CredentialInvalid));
}

#[tokio::test]
async fn unknown_names_do_not_hammer_the_source() {
    let world = World::new();
    let source = Source::of(&document(&[Algorithm::RS256]));
    let chain = world.chain_of(&source.follow(&world));
    let good = sign(Algorithm::RS256, &claims(&world, world.north.slug));
    assert_eq!(found(&chain, &good).await, Ok(world.north.id));
    world.clock.advance(Duration::from_secs(30));
    for kid in 0..100 {
        let header = Header { kid: Some(kid.to_string()), ..Header::new(Algorithm::RS256) };
        let claims = claims(&world, world.south.slug);
        let token = encode(&header, &claims, &signing_key(Algorithm::RS256)).unwrap();
        assert_eq!(found(&chain, &token).await, Err(ErrorKind::CredentialInvalid));
    }
    assert_eq!(source.fetches(), 2);
    assert_eq!(found(&chain, &good).await, Ok(world.north.id));
}

#[tokio::test]
async fn without_keys_nobody_is_judged() {
    let world = World::new();
    for answer in ["", "{}", "[]", "<html>", r#"{"keys":{}}"#] {
        let chain = world.chain_of(&Source::of(answer).follow(&world));
        for tenant in [world.north.slug, world.south.slug] {
            let token = sign(Algorithm::RS256, &claims(&world, tenant));
            assert_eq!(found(&chain, &token).await, Err(ErrorKind::Unavailable), "{answer}");
        }
    }
}

#[tokio::test]
async fn old_keys_are_kept_for_a_day() {
    let world = World::new();
    let source = Source::of(&document(&[Algorithm::RS256]));
    let chain = world.chain_of(&source.follow(&world));
    let north = |world: &World| sign(Algorithm::RS256, &claims(world, world.north.slug));
    let south = |world: &World| sign(Algorithm::RS256, &claims(world, world.south.slug));
    assert_eq!(found(&chain, &north(&world)).await, Ok(world.north.id));

    source.answer("gone");
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(found(&chain, &south(&world)).await, Ok(world.south.id));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(found(&chain, &north(&world)).await, Err(ErrorKind::Unavailable));

    source.answer(&document(&[Algorithm::RS256]));
    world.clock.advance(Duration::from_secs(30));
    assert_eq!(found(&chain, &north(&world)).await, Ok(world.north.id));
}

#[tokio::test]
async fn a_cancelled_request_leaves_the_fetch_to_others() {
    let world = World::new();
    let source = Source::of(&document(&[Algorithm::ES256]));
    source.gate.forget_permits(usize::MAX >> 4);
    let chain = world.chain_of(&source.follow(&world));
    let north = sign(Algorithm::ES256, &claims(&world, world.north.slug));
    let south = sign(Algorithm::ES256, &claims(&world, world.south.slug));

    let mut first = Box::pin(found(&chain, &north));
    let mut second = Box::pin(found(&chain, &south));
    tokio::select! {
        biased;
        _ = &mut first => panic!("there are no keys"),
        _ = &mut second => panic!("there are no keys"),
        () = source.asked() => {}
    }
    drop(first);
    source.gate.add_permits(1);
    assert_eq!(second.await, Ok(world.south.id));
    assert_eq!(source.fetches(), 1);
}

#[tokio::test]
async fn only_sound_public_keys_are_taken() {
    let world = World::new();
    let good = jwk(Algorithm::ES256);
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        key
    };
    let bad = [
        with("use", json!("enc")),
        with("key_ops", json!(["sign"])),
        with("alg", json!("ES384")),
        with("alg", json!("HS256")),
        with("crv", json!("P-384")),
        with("kty", json!("oct")),
        with("d", json!("AAAA")),
        with("x", json!("AAAA")),
        json!({ "kty": "oct", "kid": "ES256", "k": "c2VjcmV0" }),
        json!(17),
    ];
    let token = sign(Algorithm::ES256, &claims(&world, world.south.slug));
    let others = sign(Algorithm::RS256, &claims(&world, world.north.slug));
    for bad in bad {
        // Beside a good key: what is bad is left out, and is not fatal.
        let keys = json!({ "keys": [bad, jwk(Algorithm::RS256)] }).to_string();
        let chain = world.chain_of(&Source::of(&keys).follow(&world));
        assert_eq!(found(&chain, &others).await, Ok(world.north.id));
        assert_eq!(found(&chain, &token).await, Err(ErrorKind::CredentialInvalid), "{bad}");
    }
    // A name that two keys have is nobody's.
    let keys = json!({ "keys": [good, with("x", good["y"].clone()), jwk(Algorithm::RS256)] });
    let chain = world.chain_of(&Source::of(&keys.to_string()).follow(&world));
    assert_eq!(found(&chain, &others).await, Ok(world.north.id));
    assert_eq!(found(&chain, &token).await, Err(ErrorKind::CredentialInvalid));
}

#[tokio::test]
async fn a_file_is_a_source() {
    let world = World::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), document(&[Algorithm::RS256])).unwrap();
    let clock = world.clock.clone();
    let chain = world.chain_of(&Jwks::new(JwksFile::new(file.path())).clock(clock).start());
    for member in [&world.north, &world.south] {
        let token = sign(Algorithm::RS256, &claims(&world, member.slug));
        assert_eq!(found(&chain, &token).await, Ok(member.id));
    }
}

impl World {
    pub(super) fn chain_of(&self, keys: &KeySet) -> ResolverChain {
        let resolver = JwtResolver::new(keys.clone(), ISSUER, AUDIENCE);
        self.empty_chain().with(resolver.clock(self.clock.clone()))
    }
}

pub(super) async fn found(
    chain: &ResolverChain,
    token: &str,
) -> Result<tenancy_core::TenantId, ErrorKind> {
    let found = resolve(chain, bearer(get(), token)).await.map_err(|error| error.kind())?;
    Ok(found.unwrap().tenant().id())
}

fn jwk(algorithm: Algorithm) -> Value {
    let jwk = Jwk::from_encoding_key(&signing_key(algorithm), algorithm).unwrap();
    let mut jwk = serde_json::to_value(jwk).unwrap();
    jwk["kid"] = json!(format!("{algorithm:?}"));
    jwk
}

pub(super) fn document(algorithms: &[Algorithm]) -> String {
    let keys: Vec<_> = algorithms.iter().copied().map(jwk).collect();
    json!({ "keys": keys }).to_string()
}

/// Answers what it is told to, while its gate is open.
#[derive(Debug, Clone)]
struct Source {
    answer: Arc<Mutex<String>>,
    fetches: Arc<AtomicUsize>,
    asked: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl Source {
    fn of(answer: &str) -> Self {
        Self {
            answer: Arc::new(Mutex::new(answer.to_owned())),
            fetches: Arc::default(),
            asked: Arc::new(Semaphore::new(0)),
            gate: Arc::new(Semaphore::new(1000)),
        }
    }

    fn answer(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap());
    }

    fn follow(&self, world: &World) -> KeySet {
        Jwks::new(self.clone())
            .clock(world.clock.clone())
            .interval(Duration::from_hours(999))
            .start()
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    async fn asked(&self) {
        self.asked.acquire().await.unwrap().forget();
    }
}

#[async_trait]
impl JwksSource for Source {
    async fn fetch(&self) -> Result<Vec<u8>, Error> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        self.asked.add_permits(1);
        self.gate.acquire().await.unwrap().forget();
        Ok(self.answer.lock().unwrap().clone().into_bytes())
    }
}
