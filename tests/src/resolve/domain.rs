//! Domains of a tenant's own: which may be registered, and how they are verified.

use std::future::pending;

use proptest::prelude::*;
use tenancy_core::domain::{DomainChallenge, DomainRules, TxtLookup};
use tenancy_core::{Error, ErrorKind, Host, async_trait};

use super::world::{World, get_from};

/// A zone with these TXT records at every name.
struct Zone(Vec<String>);

#[async_trait]
impl TxtLookup for Zone {
    async fn txt(&self, _: &str) -> Result<Vec<String>, Error> {
        Ok(self.0.clone())
    }
}

struct SilentDns;

#[async_trait]
impl TxtLookup for SilentDns {
    async fn txt(&self, _: &str) -> Result<Vec<String>, Error> {
        pending().await
    }
}

fn rules() -> DomainRules {
    DomainRules::platform(["base.com", "pages.platform.example"]).unwrap()
}

#[test]
fn what_nobody_can_own_is_refused() {
    let bad = [
        "",
        ".",
        "com",
        "co.uk",
        "github.io",
        "localhost",
        "shop.localhost",
        "printer.local",
        "127.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "1.2.3",
        "base.com",
        "BASE.COM.",
        "x.base.com",
        "north.base.com",
        "platform.example",
        "https://shop.example",
        "shop.example:443",
        "shop.example/x",
        "a@shop.example",
        "-shop.example",
        "shop..example",
        "sh op.example",
        "shop_.example",
        "*.shop.example",
        "xn--a.example",
    ];
    for domain in bad {
        let refused = rules().check(domain).unwrap_err();
        assert_eq!(
            (refused.kind(), refused.subject()),
            (ErrorKind::Invalid, Some("domain")),
            "{domain}"
        );
    }
}

#[test]
fn names_are_kept_as_browsers_send_them() {
    for (written, kept) in [
        ("Shop.Example.", "shop.example"),
        ("pay.bücher.example", "pay.xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("evilbase.com", "evilbase.com"),
        ("shop.co.uk", "shop.co.uk"),
    ] {
        assert_eq!(rules().check(written).unwrap().as_str(), kept, "{written}");
    }
}

#[tokio::test]
async fn only_the_own_token_verifies() {
    let host = || Host::parse_name("shop.example").unwrap();
    let north = DomainChallenge::generate(host()).unwrap();
    let south = DomainChallenge::generate(host()).unwrap();
    assert_ne!(north.token(), south.token());

    let zone = Zone(vec!["v=spf1 -all".to_owned(), south.record_value()]);
    let refused = north.verify(&zone).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(
        refused.message().contains(&north.record_value())
            && !refused.message().contains(south.token())
    );
    south.verify(&zone).await.unwrap();
    DomainChallenge::stored(host(), south.token()).unwrap().verify(&zone).await.unwrap();

    assert!(north.verify(&Zone(Vec::new())).await.is_err());
    let cut = north.record_value()[..30].to_owned();
    assert!(north.verify(&Zone(vec![cut])).await.is_err());
    assert!(DomainChallenge::stored(host(), "short").is_err());
}

#[tokio::test(start_paused = true)]
async fn a_dns_that_hangs_is_not_waited_for() {
    let challenge = DomainChallenge::generate(Host::parse_name("shop.example").unwrap()).unwrap();
    let refused = challenge.verify(&SilentDns).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_domain_leads_to_its_tenant_and_its_subdomains_to_nobody() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        let host = member.domain();
        for host in [host.clone(), host.to_uppercase(), format!("{host}.:8443")] {
            let found = world.resolve(get_from(&host)).await.unwrap().unwrap();
            assert_eq!(found.tenant().id(), member.id, "{host}");
        }
        let below = world.resolve(get_from(&format!("x.{host}"))).await.unwrap_err();
        assert_eq!(below.kind(), ErrorKind::TenantUnknown);
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_what_passes_is_a_host(text in "\\PC{0,60}") {
        if let Ok(host) = rules().check(&text) {
            let again = Host::parse(host.as_str()).unwrap();
            prop_assert_eq!(again, Some(host));
        }
    }
}
