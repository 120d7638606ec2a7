//! An envelope in every state it can arrive in: one is good, all others are refused.

use std::time::Duration;

use tenancy_core::{
    Actor, ActorKind, DirectoryEntry, Envelope, EnvelopeKey, EnvelopeKeys, Error, ErrorKind,
    RequestId, ResolvedVia, TenantContext, TenantDirectory, TenantId, TenantKey, Trust,
    async_trait,
};

use crate::resolve::envelope::context;
use crate::resolve::strategy::Strategy;
use crate::resolve::world::{World, get};

pub(super) const TTL: Duration = Duration::from_mins(10);
const QUEUE: &str = "invoices";
const PAYLOAD: &[u8] = br#"{"invoice":"inv_17"}"#;

fn key(id: &str) -> EnvelopeKey {
    EnvelopeKey::new(id, format!("thirty-two bytes that only {id} has: a secret").as_bytes())
        .unwrap()
}

/// What became of an envelope between the one who sealed it and the one who opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Missing,
    Empty,
    Malformed,
    Altered,
    AtItsLastSecond,
    Expired,
    FromAFastClock,
    NotYet,
    OtherAudience,
    OtherPayload,
    NoPayload,
    /// The seal of another tenant's envelope.
    OtherTenant,
    ForARequest,
    RotatedKey,
    RetiredKey,
    /// Another secret under the id of a key that is known.
    ForgedKey,
    UnknownVersion,
    Oversized,
}

impl State {
    const ALL: [Self; 19] = [
        Self::Good,
        Self::Missing,
        Self::Empty,
        Self::Malformed,
        Self::Altered,
        Self::AtItsLastSecond,
        Self::Expired,
        Self::FromAFastClock,
        Self::NotYet,
        Self::OtherAudience,
        Self::OtherPayload,
        Self::NoPayload,
        Self::OtherTenant,
        Self::ForARequest,
        Self::RotatedKey,
        Self::RetiredKey,
        Self::ForgedKey,
        Self::UnknownVersion,
        Self::Oversized,
    ];

    fn refused_as(self) -> Option<ErrorKind> {
        match self {
            Self::Good | Self::AtItsLastSecond | Self::FromAFastClock | Self::RotatedKey => None,
            Self::Missing | Self::Empty => Some(ErrorKind::CredentialRequired),
            _ => Some(ErrorKind::CredentialInvalid),
        }
    }

    /// Seals for one tenant and opens, with what happens in between.
    fn opened(self, world: &World, [own, other]: [&TenantContext; 2]) -> Result<TenantId, Error> {
        let keys = EnvelopeKeys::new(key("k1"), []).unwrap().clock(world.clock.clone());
        let sealed = |context| keys.seal(context, QUEUE, PAYLOAD, TTL).unwrap().as_str().to_owned();
        let good = sealed(own);
        let (contents, seal) = good.rsplit_once('.').unwrap();
        let mut audience = QUEUE;
        let mut payload = PAYLOAD;
        let text = match self {
            Self::Good => Some(good),
            Self::Missing => None,
            Self::Empty => Some(String::new()),
            Self::Malformed => Some("te1.k1".to_owned()),
            Self::Altered => Some(good.replace("te1.k1.eyJ1", "te1.k1.eyJ2")),
            Self::AtItsLastSecond => {
                world.clock.advance(TTL + Duration::from_secs(29));
                Some(good)
            }
            Self::Expired => {
                world.clock.advance(TTL + Duration::from_secs(30));
                Some(good)
            }
            Self::FromAFastClock | Self::NotYet => {
                let seconds = if self == Self::NotYet { 31 } else { 30 };
                world.clock.advance(Duration::from_secs(seconds));
                let early = sealed(own);
                let back = time::Duration::seconds(seconds.cast_signed());
                world.clock.set(tenancy_core::Clock::now(&*world.clock) - back);
                Some(early)
            }
            Self::OtherAudience => {
                audience = "invoice";
                Some(good)
            }
            Self::OtherPayload => {
                payload = br#"{"invoice":"inv_18"}"#;
                Some(good)
            }
            Self::NoPayload => {
                payload = b"";
                Some(good)
            }
            Self::OtherTenant => {
                let others = sealed(other);
                let (_, seal) = others.rsplit_once('.').unwrap();
                Some(format!("{contents}.{seal}"))
            }
            Self::ForARequest => {
                let uri = "/".parse().unwrap();
                payload = b"GET /";
                let of_request =
                    keys.seal_request(own, QUEUE, (&http::Method::GET, &uri), TTL).unwrap();
                Some(of_request.as_str().to_owned())
            }
            Self::RotatedKey => {
                keys.replace(key("k2"), [key("k1")]).unwrap();
                Some(good)
            }
            Self::RetiredKey => {
                keys.replace(key("k2"), []).unwrap();
                Some(good)
            }
            Self::ForgedKey => {
                let forged = EnvelopeKey::new("k1", &[7; 32]).unwrap();
                keys.replace(forged, []).unwrap();
                Some(good)
            }
            Self::UnknownVersion => Some(format!("te2{}", &good[3..])),
            Self::Oversized => Some(format!("{contents}{}.{seal}", "A".repeat(Envelope::MAX_LEN))),
        };
        keys.open(text.as_deref(), audience, payload).map(|opened| opened.tenant_id())
    }
}

#[test]
fn every_state() {
    for state in State::ALL {
        let world = World::new();
        let contexts = [&world.north, &world.south].map(|member| context(member.id, member.slug));
        let [north, south] = &contexts;
        for [own, other] in [[north, south], [south, north]] {
            match (state.refused_as(), state.opened(&world, [own, other])) {
                (None, Ok(id)) => assert_eq!(id, own.tenant_id(), "{state:?}"),
                (Some(kind), Err(error)) => assert_eq!(error.kind(), kind, "{state:?}"),
                (expected, opened) => panic!("{state:?}: {opened:?} instead of {expected:?}"),
            }
        }
    }
}

/// Says everything that can be said.
fn full(world: &World) -> TenantContext {
    let clerk = Actor::new(ActorKind::ApiKey, "key \"1\".ö\u{0}")
        .with_scopes(["payments:create", "a b", "", "ü"])
        .on_behalf_of(
            Actor::new(ActorKind::User, "").on_behalf_of(Actor::new(ActorKind::System, "s")),
        );
    context(world.north.id, world.north.slug).with_actor(clerk)
}

#[tokio::test]
async fn it_arrives_as_it_was_sealed() {
    let world = World::new();
    let found = world.resolve(Strategy::Jwt.naming(&world, &world.south, get())).await.unwrap();
    let in_a_request = found.unwrap().into_context(Some(RequestId::parse("r19").unwrap()));
    let narrowed = context(world.south.id, "south")
        .with_actor(Actor::new(ActorKind::User, "u").with_scopes::<&str>([]));
    for context in [in_a_request, full(&world), narrowed] {
        let envelope = world.envelopes.seal(&context, QUEUE, PAYLOAD, TTL).unwrap();
        let opened = world.envelopes.open(envelope.as_str(), QUEUE, PAYLOAD).unwrap();
        assert_eq!(opened.actor(), context.actor());
        assert_eq!(opened.request_id(), context.request_id());
        assert_eq!(opened.expires_at() - opened.issued_at(), TTL);
        let there = opened.for_writing(&*world.directory).await.unwrap();
        assert_eq!(there.tenant_id(), context.tenant_id());
        assert_eq!(there.resolved_via(), ResolvedVia::Envelope);
        assert_eq!(there.trust(), Trust::Credential);
        assert_eq!(there.actor(), context.actor());
        assert_eq!(there.client_addr(), None);
        there.require_credential().unwrap();
    }
}

#[tokio::test]
async fn the_tenants_status_counts_when_it_is_opened() {
    let world = World::new();
    let (read_only, suspended) = (ErrorKind::TenantReadOnly, ErrorKind::TenantSuspended);
    let unknown = Some(ErrorKind::TenantUnknown);
    for (member, writing, reading, for_suspended) in [
        (&world.north, None, None, None),
        (&world.south, None, None, None),
        (&world.museum, Some(read_only), None, Some(read_only)),
        (&world.frozen, Some(suspended), Some(suspended), None),
        (&world.gone, unknown, unknown, unknown),
    ] {
        let context = context(member.id, member.slug);
        let envelope = world.envelopes.seal(&context, QUEUE, PAYLOAD, TTL).unwrap();
        let opened = || world.envelopes.open(envelope.as_str(), QUEUE, PAYLOAD).unwrap();
        let kind = |made: Result<TenantContext, Error>| made.err().map(|error| error.kind());
        assert_eq!(kind(opened().for_writing(&*world.directory).await), writing, "{}", member.slug);
        assert_eq!(kind(opened().for_reading(&*world.directory).await), reading, "{}", member.slug);
        let made = opened().for_suspended(&*world.directory).await;
        assert_eq!(kind(made), for_suspended, "{}", member.slug);
    }
    let nobody = context(TenantId::generate(), "nobody");
    let envelope = world.envelopes.seal(&nobody, QUEUE, PAYLOAD, TTL).unwrap();
    let opened = world.envelopes.open(envelope.as_str(), QUEUE, PAYLOAD).unwrap();
    let refused = opened.for_reading(&*world.directory).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TenantUnknown);
}

/// A directory that is wrong makes no context of another tenant.
#[tokio::test]
async fn a_directory_that_lies_or_is_away() {
    struct Lies(World);
    #[async_trait]
    impl TenantDirectory for Lies {
        async fn find(&self, _: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
            self.0.directory.find(&TenantKey::Id(self.0.south.id)).await
        }
    }
    struct Away;
    #[async_trait]
    impl TenantDirectory for Away {
        async fn find(&self, _: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
            Err(Error::new(ErrorKind::Unavailable, "read the directory"))
        }
    }
    let lies = Lies(World::new());
    let north = context(lies.0.north.id, "north");
    let envelope = lies.0.envelopes.seal(&north, QUEUE, PAYLOAD, TTL).unwrap();
    let opened = lies.0.envelopes.open(envelope.as_str(), QUEUE, PAYLOAD).unwrap();
    let refused = opened.clone().for_writing(&lies).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ForeignTenant);
    assert!(opened.for_writing(&Away).await.unwrap_err().is_transient());
}

#[test]
fn a_schedule_renews_what_is_good_and_nothing_else() {
    let world = World::new();
    let keys = world.envelopes.clone();
    for member in [&world.north, &world.south] {
        let context = context(member.id, member.slug);
        let first = keys.seal(&context, QUEUE, PAYLOAD, TTL).unwrap();
        world.clock.advance(TTL / 2);
        let second = keys.renew(first.as_str(), QUEUE, PAYLOAD, TTL).unwrap();
        world.clock.advance(TTL / 2 + Duration::from_secs(31));
        let expired = keys.renew(first.as_str(), QUEUE, PAYLOAD, TTL).unwrap_err();
        assert_eq!(expired.kind(), ErrorKind::CredentialInvalid);
        let opened = keys.open(second.as_str(), QUEUE, PAYLOAD).unwrap();
        assert_eq!(opened.tenant_id(), member.id);
        assert_eq!(opened.actor(), context.actor());
        assert!(keys.renew(second.as_str(), "refunds", PAYLOAD, TTL).is_err());
        assert!(keys.renew(second.as_str(), QUEUE, b"other", TTL).is_err());
        let none = keys.renew(None, QUEUE, PAYLOAD, TTL).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::CredentialRequired);
    }
}

/// An envelope that outlives its key's turn is renewed with the next one.
#[test]
fn renewing_changes_the_key() {
    let world = World::new();
    let keys = EnvelopeKeys::new(key("k1"), []).unwrap().clock(world.clock.clone());
    for member in [&world.north, &world.south] {
        keys.replace(key("k1"), []).unwrap();
        let envelope = keys.seal(&context(member.id, member.slug), QUEUE, PAYLOAD, TTL).unwrap();
        keys.replace(key("k2"), [key("k1")]).unwrap();
        let renewed = keys.renew(envelope.as_str(), QUEUE, PAYLOAD, TTL).unwrap();
        keys.replace(key("k2"), []).unwrap();
        assert!(keys.open(envelope.as_str(), QUEUE, PAYLOAD).is_err());
        assert_eq!(keys.open(renewed.as_str(), QUEUE, PAYLOAD).unwrap().tenant_id(), member.id);
    }
}

#[test]
fn what_cannot_be_sealed() {
    let world = World::new();
    let keys = &world.envelopes;
    let scopes = (0..1_000).map(|number| format!("scope:{number}"));
    let verbose = Actor::new(ActorKind::User, "u").with_scopes(scopes);
    for member in [&world.north, &world.south] {
        let context = context(member.id, member.slug);
        let subject = |sealed: Result<Envelope, Error>| {
            let error = sealed.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            error.subject().unwrap().to_owned()
        };
        assert_eq!(subject(keys.seal(&context, "", PAYLOAD, TTL)), "audience");
        assert_eq!(subject(keys.seal(&context, &"a".repeat(129), PAYLOAD, TTL)), "audience");
        assert_eq!(subject(keys.seal(&context, QUEUE, PAYLOAD, Duration::ZERO)), "ttl");
        let too_long = EnvelopeKeys::MAX_TTL + Duration::from_secs(1);
        assert_eq!(subject(keys.seal(&context, QUEUE, PAYLOAD, too_long)), "ttl");
        assert_eq!(subject(keys.seal(&context, QUEUE, PAYLOAD, Duration::MAX)), "ttl");
        let context = context.with_actor(verbose.clone());
        assert_eq!(subject(keys.seal(&context, QUEUE, PAYLOAD, TTL)), "actor");
    }
}
