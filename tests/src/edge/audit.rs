//! What the layers tell an auditor, and what they keep to themselves.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get as route_get;
use http::Method;
use tenancy_axum::{CurrentContext, MetricsLayer, RateLimitLayer, TenantLayer};
use tenancy_core::audit::{
    AuditAction, AuditEvent, AuditLevel, AuditLog, AuditOutcome, AuditParty, AuditQuery,
    AuditResource, Auditor, MemoryAuditLog,
};
use tenancy_core::limit::{MemoryRateLimiter, SlidingLog};
use tenancy_core::resolve::{ApiKeyResolver, HeaderResolver, PeerAddr, TrustedProxies};
use tenancy_core::{Problem, TenantId};

use super::answer::send;
use super::app::{at, by, routes};
use super::logs::Logs;
use crate::resolve::strategy::{Strategy, bearer};
use crate::resolve::world::{Member, World, X_API_KEY, get, get_from};

const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// An application whose layers tell a log.
pub(super) struct Watched {
    pub(super) world: World,
    pub(super) log: MemoryAuditLog,
    pub(super) auditor: Auditor,
}

impl Watched {
    pub(super) fn new() -> Self {
        let (world, log) = (World::new(), MemoryAuditLog::new());
        let auditor = Auditor::options().clock(world.clock.clone()).build(log.clone());
        Self { world, log, auditor }
    }

    fn layer(&self, level: AuditLevel) -> TenantLayer {
        TenantLayer::new(self.world.chain()).audit(self.auditor.clone(), level)
    }

    fn app(&self, level: AuditLevel) -> Router {
        routes().layer(self.layer(level))
    }

    pub(super) async fn of(&self, tenant: TenantId) -> Vec<AuditEvent> {
        self.auditor.flush().await;
        let found = self.log.find(tenant, &AuditQuery::new()).await.unwrap();
        found.iter().map(|entry| entry.event().clone()).collect()
    }

    async fn actions_of(&self, tenant: TenantId) -> Vec<String> {
        self.of(tenant).await.iter().map(|event| event.action().to_string()).collect()
    }

    /// Everything that anybody was told.
    async fn all(&self) -> Vec<AuditEvent> {
        let World { north, south, frozen, museum, gone, .. } = &self.world;
        let mut all = self.of(TenantId::PLATFORM).await;
        for member in [north, south, frozen, museum, gone] {
            all.extend(self.of(member.id).await);
        }
        all
    }
}

fn with_key(member: &Member) -> http::request::Builder {
    bearer(get(), member.key.reveal())
}

#[tokio::test]
async fn the_level_says_which_resolutions_are_told() {
    let nothing: [&str; 0] = [];
    for (level, north, frozen, platform) in [
        (AuditLevel::None, &nothing[..], &nothing[..], &nothing[..]),
        (AuditLevel::Failures, &nothing, &["tenant.status_refused"], &["tenant.resolution_failed"]),
        (
            AuditLevel::All,
            &["tenant.resolved"],
            &["tenant.status_refused"],
            &["tenant.resolution_failed"],
        ),
    ] {
        let watched = Watched::new();
        let app = watched.app(level);
        let world = &watched.world;
        send(&app, with_key(&world.north).header("x-request-id", "r17")).await;
        send(&app, with_key(&world.frozen)).await;
        send(&app, bearer(get(), "a.b.c")).await;
        send(&app, at("/public", get())).await;
        assert_eq!(watched.actions_of(world.north.id).await, north, "{level:?}");
        assert_eq!(watched.actions_of(world.frozen.id).await, frozen, "{level:?}");
        assert_eq!(watched.actions_of(TenantId::PLATFORM).await, platform, "{level:?}");
        assert_eq!(watched.actions_of(world.south.id).await, nothing);
    }
}

#[tokio::test]
async fn an_event_says_who_how_and_from_where() {
    let watched = Watched::new();
    let app = watched.app(AuditLevel::All);
    let world = &watched.world;
    let peer = PeerAddr("203.0.113.9".parse().unwrap());
    for member in [&world.north, &world.south] {
        let request = with_key(member).header("x-request-id", "r17").extension(peer);
        assert_eq!(send(&app, request).await.status, 200);
        let [event] = &watched.of(member.id).await[..] else { panic!() };
        let key =
            AuditParty::new(tenancy_core::ActorKind::ApiKey, &format!("key_of_{}", member.slug));
        assert_eq!(event.actor(), Some(&key));
        assert_eq!(event.detail("via"), Some("api_key"));
        assert_eq!(event.request_id().unwrap().as_str(), "r17");
        assert_eq!(event.client_addr(), Some(peer.0));
        assert_eq!(event.outcome(), AuditOutcome::Succeeded);
    }
}

/// The one whose credential came hears that it reached for another; nobody else is named.
#[tokio::test]
async fn a_contradiction_is_told_to_the_tenant_that_a_credential_proves() {
    for level in [AuditLevel::None, AuditLevel::All] {
        let watched = Watched::new();
        let app = watched.app(level);
        let World { north, south, .. } = &watched.world;
        for host in ["south.base.com", "nobody.base.com"] {
            let request = Strategy::KeyHeader.naming(&watched.world, north, get_from(host));
            assert_eq!(send(&app, request).await.status, 403);
        }
        let told = watched.of(north.id).await;
        let crossings: Vec<_> =
            told.iter().filter(|event| *event.action() == AuditAction::CROSSING_BLOCKED).collect();
        assert_eq!(crossings.iter().map(|event| event.times().get()).sum::<u64>(), 2);
        assert_eq!(crossings[0].outcome(), AuditOutcome::Denied);
        assert_eq!(crossings[0].actor().unwrap().id(), "key_of_north");
        assert!(watched.of(south.id).await.is_empty());
        assert!(watched.of(TenantId::PLATFORM).await.is_empty());
        let said = format!("{told:?}");
        for word in ["south", "nobody", &south.id.to_string()] {
            assert!(!said.contains(word), "{word} is said to north: {said}");
        }
    }
}

#[tokio::test]
async fn a_contradiction_that_nobody_proves_is_the_platforms() {
    let watched = Watched::new();
    let app = watched.app(AuditLevel::None);
    let World { north, south, .. } = &watched.world;
    // A host and a path are no proof.
    let request = at("/t/south/x", get_from("north.base.com"));
    assert_eq!(send(&app, request).await.told(), (403, "tenant_mismatch".to_owned()));
    let [event] = &watched.of(TenantId::PLATFORM).await[..] else { panic!() };
    assert_eq!(*event.action(), AuditAction::CROSSING_BLOCKED);
    let said = format!("{event:?}");
    for member in [north, south] {
        assert!(watched.of(member.id).await.is_empty());
        assert!(!said.contains(member.slug) && !said.contains(&member.id.to_string()), "{said}");
    }
}

/// Two credentials of two tenants: one of them hears of it, and not of the other.
#[tokio::test]
async fn two_credentials_that_disagree_are_a_crossing() {
    let watched = Watched::new();
    let app = watched.app(AuditLevel::None);
    let World { north, south, .. } = &watched.world;
    let request = with_key(north).header(X_API_KEY, south.key.reveal());
    assert_eq!(send(&app, request).await.status, 403);
    let [of_north, of_south] = [watched.of(north.id).await, watched.of(south.id).await];
    assert_eq!(of_north.len() + of_south.len(), 1);
    for (told, other) in [(of_north, south), (of_south, north)] {
        let said = format!("{told:?}");
        assert!(!said.contains(&other.id.to_string()) && !said.contains(other.slug), "{said}");
    }
}

/// A credential is read outside, a hint inside: the outer one's tenant hears of it.
#[tokio::test]
async fn an_inner_layers_contradiction_is_told_to_the_tenant_of_the_outer_one() {
    let watched = Watched::new();
    let World { north, south, .. } = &watched.world;
    let outer = watched.world.empty_chain().with(ApiKeyResolver::header(X_API_KEY));
    let inner = watched.world.empty_chain().with(HeaderResolver::x_tenant_id());
    let inner = TenantLayer::new(inner).audit(watched.auditor.clone(), AuditLevel::None);
    let app = routes().layer(inner).layer(TenantLayer::new(outer));
    for (member, other) in [(north, south), (south, north)] {
        let request = get().header(X_API_KEY, member.key.reveal());
        let request = request.header("x-tenant-id", other.slug);
        assert_eq!(send(&app, request).await.status, 403);
        let [event] = &watched.of(member.id).await[..] else { panic!() };
        assert_eq!(event.actor().unwrap().id(), format!("key_of_{}", member.slug));
    }
    assert!(watched.of(TenantId::PLATFORM).await.is_empty());
}

#[tokio::test]
async fn no_event_holds_a_credential_or_what_came_with_it() {
    let watched = Watched::new();
    let world = &watched.world;
    let app = watched.app(AuditLevel::All);
    let token = crate::resolve::token::naming(world, world.north.slug);
    let cut = &token[..token.len() - 1];
    let session = world.south.session.reveal();
    let unknown = tenancy_core::ApiKeySecret::generate("test").unwrap();
    let credentials = [
        world.north.key.reveal(),
        world.gone.key.reveal(),
        &token,
        cut,
        unknown.reveal(),
        "x\u{1b}[31m",
    ];
    for credential in credentials {
        if let Ok(value) = http::HeaderValue::from_str(&format!("Bearer {credential}")) {
            send(&app, get().header("authorization", value)).await;
        }
    }
    send(&app, get().header("cookie", format!("__Host-session={session}"))).await;
    let all = watched.all().await;
    assert!(all.len() >= 4, "{all:?}");
    let said = format!("{all:?}");
    for secret in credentials.into_iter().chain([session]) {
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn a_flood_of_failures_is_one_event_and_a_number_for_each_address() {
    let watched = Watched::new();
    let app = watched.app(AuditLevel::Failures);
    let from = |address: &str| get().extension(PeerAddr(address.parse().unwrap()));
    for _ in 0..1_000 {
        send(&app, bearer(from("203.0.113.9"), "a.b.c")).await;
    }
    // One caller has a whole network of these.
    for host in 0..100 {
        send(&app, bearer(from(&format!("2001:db8::{host:x}")), "a.b.c")).await;
    }
    send(&app, from("203.0.113.9").header("host", "nobody.base.com")).await;
    let told = watched.of(TenantId::PLATFORM).await;
    let said: Vec<_> =
        told.iter().map(|event| (event.detail("reason").unwrap(), event.times().get())).collect();
    assert_eq!(
        said,
        [
            ("credential_invalid", 1),
            ("credential_invalid", 1),
            ("tenant_unknown", 1),
            ("credential_invalid", 999),
            ("credential_invalid", 99),
        ]
    );
}

#[tokio::test]
async fn an_address_that_failed_too_often_is_told() {
    let watched = Watched::new();
    let world = &watched.world;
    let limiter = Arc::new(MemoryRateLimiter::new(world.clock.clone()));
    let policy = SlidingLog::per_minute(NonZeroU32::MIN);
    let layer = watched.layer(AuditLevel::Failures);
    let app = routes().layer(layer.limit_failures(limiter, policy, TrustedProxies::none()));
    for _ in 0..4 {
        send(&app, bearer(get().extension(PeerAddr("203.0.113.9".parse().unwrap())), "a.b.c"))
            .await;
    }
    let told = watched.of(TenantId::PLATFORM).await;
    let said: Vec<_> =
        told.iter().map(|event| (event.action().as_str(), event.times().get())).collect();
    assert_eq!(said, [("tenant.resolution_failed", 1), ("rate.limited", 1), ("rate.limited", 2)]);
    assert_eq!(told[1].client_addr(), Some("203.0.113.9".parse().unwrap()));
}

#[tokio::test]
async fn rate_violations_are_one_event_for_each_limit_and_subject() {
    let watched = Watched::new();
    let world = &watched.world;
    let limits = RateLimitLayer::new(Arc::new(MemoryRateLimiter::new(world.clock.clone())))
        .and_by_principal(TWO)
        .strangers(TWO, TrustedProxies::none())
        .audit(watched.auditor.clone());
    let app = routes().layer(limits).layer(TenantLayer::new(world.chain()));
    for member in [&world.north, &world.south] {
        for _ in 0..7 {
            send(&app, with_key(member)).await;
            send(&app, Strategy::Jwt.naming(world, member, get())).await;
        }
    }
    for _ in 0..3 {
        send(&app, at("/public", get().extension(PeerAddr("203.0.113.9".parse().unwrap())))).await;
    }
    for member in [&world.north, &world.south] {
        let told = watched.of(member.id).await;
        let said: Vec<_> = told
            .iter()
            .map(|event| (event.actor().unwrap().kind().as_str(), event.times().get()))
            .collect();
        assert_eq!(said, [("api_key", 1), ("user", 1), ("api_key", 4), ("user", 4)]);
        assert!(told.iter().all(|event| event.detail("limit") == Some("principal")));
        assert!(told.iter().all(|event| event.outcome() == AuditOutcome::Denied));
    }
    let [stranger] = &watched.of(TenantId::PLATFORM).await[..] else { panic!() };
    assert_eq!(stranger.detail("limit"), Some("strangers"));
    assert_eq!(stranger.detail("subject"), Some("203.0.113.9"));
}

#[tokio::test]
async fn a_slow_route_is_told_once_a_window() {
    let watched = Watched::new();
    let world = &watched.world;
    let metrics = MetricsLayer::new()
        .by_route(|parts| if parts.uri.path() == "/how" { "how" } else { "" })
        .audit_slow(Duration::ZERO, watched.auditor.clone());
    let app = routes().layer(metrics).layer(TenantLayer::new(world.chain()));
    for _ in 0..5 {
        send(&app, at("/how", with_key(&world.north))).await;
        send(&app, with_key(&world.south)).await;
    }
    for (member, route) in [(&world.north, "how"), (&world.south, "")] {
        let told = watched.of(member.id).await;
        assert_eq!(told.iter().map(|event| event.times().get()).collect::<Vec<_>>(), [1, 4]);
        assert!(told.iter().all(|event| event.detail("route") == Some(route)));
        assert_eq!(*told[0].action(), AuditAction::THRESHOLD_BREACHED);
    }
    let never = MetricsLayer::new().audit_slow(Duration::from_hours(1), watched.auditor.clone());
    let app = routes().layer(never).layer(TenantLayer::new(world.chain()));
    send(&app, with_key(&world.museum)).await;
    assert!(watched.of(world.museum.id).await.is_empty());
}

/// A handler that shows a sensitive file.
async fn file(
    CurrentContext(context): CurrentContext,
    auditor: Auditor,
) -> Result<&'static str, Problem> {
    let file = AuditResource::new("file", "17");
    auditor.read(&context, file, AuditParty::user("ada")).await?;
    Ok("the file")
}

#[tokio::test]
async fn a_handler_records_a_sensitive_read_before_it_answers() {
    let watched = Watched::new();
    let world = &watched.world;
    let app = Router::new()
        .route("/", route_get(file))
        .route("/maybe", route_get(async |auditor: Option<Auditor>| auditor.is_some().to_string()));
    let with_audit = app.clone().layer(watched.layer(AuditLevel::None));
    for member in [&world.north, &world.south] {
        assert_eq!(send(&with_audit, with_key(member)).await.body, "the file");
        let query = AuditQuery::new().action(AuditAction::DATA_READ).by_others();
        let found = watched.log.find(member.id, &query).await.unwrap();
        assert_eq!(found.len(), 1, "without a flush");
        assert_eq!(found[0].event().actor().unwrap().id(), format!("key_of_{}", member.slug));
    }
    assert_eq!(send(&with_audit, at("/maybe", get())).await.body, "true");

    // Without an auditor it is the program's fault, and the log says what to write.
    let without = app.layer(TenantLayer::new(world.chain()));
    let logs = Logs::start();
    let answer = send(&without, with_key(&world.north)).await;
    assert_eq!(answer.told(), (500, "internal".to_owned()));
    assert!(logs.line_with("add .audit(auditor, level) to TenantLayer").contains("ERROR"));
    assert_eq!(send(&without, at("/maybe", get())).await.body, "false");
}

#[tokio::test]
async fn a_read_only_tenants_refused_change_is_told() {
    let watched = Watched::new();
    let app = watched.app(AuditLevel::Failures);
    let World { museum, north, .. } = &watched.world;
    for member in [museum, north] {
        send(&app, by(Method::POST, with_key(member))).await;
    }
    let [refused] = &watched.of(museum.id).await[..] else { panic!() };
    assert_eq!(*refused.action(), AuditAction::STATUS_REFUSED);
    assert_eq!(refused.detail("reason"), Some("tenant_read_only"));
    assert!(watched.of(north.id).await.is_empty());
}
