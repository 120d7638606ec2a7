//! A bypass as a handler's argument.

use axum::Router;
use axum::routing::get as route_get;
use http::request::{Builder, Parts};
use tenancy_axum::{BypassLayer, TenantLayer};
use tenancy_core::audit::{AuditEvent, AuditLevel, AuditOutcome, AuditParty};
use tenancy_core::{
    Actor, Bypass, BypassAuthority, BypassJudge, BypassPurpose, Error, ErrorKind, Problem,
    TenantId, async_trait,
};

use super::answer::send;
use super::audit::Watched;
use super::logs::Logs;
use crate::resolve::strategy::bearer;
use crate::resolve::world::{Member, World, get};

enum Reports {}

impl BypassPurpose for Reports {
    const NAME: &'static str = "reports";
}

enum Erasure {}

impl BypassPurpose for Erasure {
    const NAME: &'static str = "erasure";
}

/// Only north's key, and only for reports.
struct OnlyNorth;

#[async_trait]
impl BypassJudge for OnlyNorth {
    async fn judge(
        &self,
        purpose: &'static str,
        actor: Option<&Actor>,
        parts: &Parts,
    ) -> Result<Option<Actor>, Error> {
        if parts.headers.contains_key("x-judge-is-away") {
            return Err(Error::new(ErrorKind::Unavailable, "ask the judge"));
        }
        let actor = actor.filter(|actor| actor.id() == "key_of_north" && purpose == "reports");
        Ok(actor.cloned())
    }
}

async fn reports(bypass: Bypass<Reports>) -> Result<&'static str, Problem> {
    bypass.use_for("all totals").await?;
    Ok("totals")
}

async fn erase(_bypass: Bypass<Erasure>) -> &'static str {
    "erased"
}

fn app(watched: &Watched) -> Router {
    let authority =
        BypassAuthority::new(watched.auditor.clone()).clock(watched.world.clock.clone());
    routes().layer(BypassLayer::new(authority, OnlyNorth)).layer(
        TenantLayer::new(watched.world.chain()).audit(watched.auditor.clone(), AuditLevel::None),
    )
}

fn routes() -> Router {
    Router::new().route("/", route_get(reports)).route("/erase", route_get(erase))
}

fn with_key(member: &Member) -> Builder {
    bearer(get(), member.key.reveal())
}

const REASON: &str = "the regulator's monthly report";

fn names(events: &[AuditEvent]) -> Vec<(&str, AuditOutcome)> {
    events.iter().map(|event| (event.action().as_str(), event.outcome())).collect()
}

#[tokio::test]
async fn whoever_may_and_says_why_gets_one() {
    let watched = Watched::new();
    let app = app(&watched);
    let request = with_key(&watched.world.north).header("x-bypass-reason", REASON);
    let answer = send(&app, request.header("x-request-id", "r17")).await;
    assert_eq!(answer.body, "totals");
    let told = watched.of(TenantId::PLATFORM).await;
    let good = AuditOutcome::Succeeded;
    assert_eq!(names(&told), [("bypass.granted", good), ("bypass.used", good)]);
    assert_eq!(told[0].actor().unwrap().id(), "key_of_north");
    assert_eq!(told[0].detail("reason"), Some(REASON));
    assert_eq!(told[0].detail("path"), Some("/"));
    assert_eq!(told[0].request_id().unwrap().as_str(), "r17");
    assert!(watched.of(watched.world.north.id).await.is_empty());
}

#[tokio::test]
async fn others_are_refused_and_it_is_told() {
    let watched = Watched::new();
    let app = app(&watched);
    let World { north, south, .. } = &watched.world;
    let refused = (403, "permission_denied".to_owned());
    for _ in 0..3 {
        let request = with_key(south).header("x-bypass-reason", REASON);
        assert_eq!(send(&app, request).await.told(), refused);
    }
    // Nobody at all; and somebody for another purpose. Neither learns that a reason is missing.
    assert_eq!(send(&app, get()).await.told(), refused);
    assert_eq!(send(&app, with_key(north).uri("/erase")).await.told(), refused);
    let told = watched.of(TenantId::PLATFORM).await;
    assert!(told.iter().all(|event| event.action().as_str() == "bypass.refused"));
    let said: Vec<_> = told
        .iter()
        .map(|event| {
            (
                event.detail("purpose").unwrap(),
                event.actor().map(AuditParty::id),
                event.times().get(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("reports", Some("key_of_south"), 1),
            ("reports", None, 1),
            ("erasure", Some("key_of_north"), 1),
            ("reports", Some("key_of_south"), 2),
        ]
    );
}

#[tokio::test]
async fn without_a_good_reason_there_is_none() {
    let watched = Watched::new();
    let app = app(&watched);
    let north = || with_key(&watched.world.north);
    let bytes = |bytes: &[u8]| http::HeaderValue::from_bytes(bytes).unwrap();
    for request in [
        north(),
        north().header("x-bypass-reason", ""),
        north().header("x-bypass-reason", "no reason"),
        north().header("x-bypass-reason", "long ".repeat(200)),
        north().header("x-bypass-reason", REASON).header("x-bypass-reason", REASON),
        north().header("x-bypass-reason", bytes(b"a reason that is not \xff\xfe UTF-8")),
        north().header("x-bypass-reason", bytes("a reason\u{85}of two lines".as_bytes())),
    ] {
        assert_eq!(send(&app, request).await.told(), (400, "invalid_request".to_owned()));
    }
    assert!(watched.of(TenantId::PLATFORM).await.is_empty());
    let in_words =
        north().header("x-bypass-reason", bytes("Überprüfung für die Aufsicht".as_bytes()));
    assert_eq!(send(&app, in_words).await.body, "totals");
}

#[tokio::test]
async fn a_judge_that_is_away_opens_nothing() {
    let watched = Watched::new();
    let app = app(&watched);
    for member in [&watched.world.north, &watched.world.south] {
        let request =
            with_key(member).header("x-bypass-reason", REASON).header("x-judge-is-away", "1");
        assert_eq!(send(&app, request).await.told(), (503, "unavailable".to_owned()));
    }
    assert!(watched.of(TenantId::PLATFORM).await.is_empty());
}

#[tokio::test]
async fn a_missing_layer_is_the_programs_fault() {
    let watched = Watched::new();
    let app = routes().layer(TenantLayer::new(watched.world.chain()));
    for member in [&watched.world.north, &watched.world.south] {
        let logs = Logs::start();
        let request = with_key(member).header("x-bypass-reason", REASON);
        assert_eq!(send(&app, request).await.told(), (500, "internal".to_owned()));
        assert!(logs.line_with("add BypassLayer").contains("ERROR"));
    }
}
