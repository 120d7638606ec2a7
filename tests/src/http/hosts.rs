//! Hosts: names that look alike, addresses, and what proxies and typists make of a name.

use crate::harness::{Server, raw};

/// The page and a route of the API, asked with this host alone. Both must agree on whose it is.
async fn ask(server: &Server, host: &str) -> Told {
    let header = format!("host: {host}");
    let page = raw(server.address(), "GET / HTTP/1.1", &[&header]).await;
    let api = raw(server.address(), "GET /v1/payments HTTP/1.1", &[&header]).await;
    server.stranger().check(&api);
    match (page.status, api.status) {
        // A host is no credential.
        (200, 401) => {
            api.refused(401, "credential_required");
            let is = |name| page.text().contains(name);
            match (is("Riverside Credit Union"), is("Nordhafen Bank AG")) {
                (true, false) => Told::Riverside,
                (false, true) => Told::Nordhafen,
                both => panic!("{host}: {both:?} {page:?}"),
            }
        }
        (200, 400) => {
            api.refused(400, "tenant_required");
            Told::Nobody
        }
        (404, 404) => {
            api.refused(404, "tenant_unknown");
            Told::Unknown
        }
        (400, 400) => {
            // The server itself may refuse what is no HTTP, without a body.
            if !api.body.is_empty() {
                assert_eq!(api.refused(400, "invalid_request")["param"], "host");
            }
            Told::Malformed
        }
        other => panic!("{host}: {other:?} {page:?} {api:?}"),
    }
}

#[derive(Debug, PartialEq)]
enum Told {
    Riverside,
    Nordhafen,
    Nobody,
    Unknown,
    Malformed,
}

#[tokio::test]
async fn each_name_is_whose_it_is() {
    let (_site, server) = super::embedded().await;
    for (host, whose) in [
        ("riverside.localhost", Told::Riverside),
        ("RiverSide.LOCALHOST", Told::Riverside),
        ("riverside.localhost.", Told::Riverside),
        ("riverside.localhost:8080", Told::Riverside),
        ("RIVERSIDE.localhost.:443", Told::Riverside),
        ("api.riverside.localhost", Told::Riverside),
        ("riverside.nordhafen.localhost", Told::Nordhafen),
        ("nordhafen.localhost", Told::Nordhafen),
        ("localhost", Told::Nobody),
        ("www.localhost", Told::Nobody),
        ("evillocalhost", Told::Nobody),
        ("riverside.evillocalhost", Told::Unknown),
        ("riverside.localhost.evil.example", Told::Unknown),
        ("riverside", Told::Nobody),
        ("127.0.0.1", Told::Nobody),
        ("127.0.0.1:80", Told::Nobody),
        ("[::1]", Told::Nobody),
        ("[::1]:8080", Told::Nobody),
        ("nobody.localhost", Told::Unknown),
        ("riverside-.localhost", Told::Unknown),
        ("xn--riversde-n8a.localhost", Told::Unknown),
        ("01900000-0000-7000-8000-000000000001.localhost", Told::Unknown),
        ("riverside..localhost", Told::Malformed),
        (".localhost", Told::Malformed),
        ("riverside.localhost..", Told::Malformed),
        ("riverside.localhost:port", Told::Malformed),
        ("[::1", Told::Malformed),
        ("[riverside.localhost]", Told::Malformed),
        ("nordhafen@riverside.localhost", Told::Malformed),
        ("riverside.localhost, nordhafen.localhost", Told::Malformed),
    ] {
        assert_eq!(ask(&server, host).await, whose, "{host}");
    }
}

#[tokio::test]
async fn two_hosts_are_refused_even_when_they_agree() {
    let (_site, server) = super::embedded().await;
    for hosts in [["riverside", "riverside"], ["riverside", "nordhafen"], ["nordhafen", "kita"]] {
        let hosts = hosts.map(|slug| format!("host: {slug}.localhost"));
        let headers = [hosts[0].as_str(), &hosts[1]];
        for path in ["/", "/v1/payments"] {
            let line = format!("GET {path} HTTP/1.1");
            let answer = raw(server.address(), &line, &headers).await;
            server.stranger().check(&answer);
            assert_eq!(answer.status, 400, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_target_must_not_name_another_host() {
    let (_site, server) = super::embedded().await;
    for (target, host, status) in [
        ("http://riverside.localhost/", "riverside.localhost", 200),
        ("http://RIVERSIDE.localhost:80/", "riverside.localhost", 200),
        ("http://riverside.localhost/", "nordhafen.localhost", 400),
        ("http://riverside.localhost/", "localhost", 400),
        ("http://riverside.localhost/", "127.0.0.1", 400),
        ("http://127.0.0.1/", "nordhafen.localhost", 400),
    ] {
        let line = format!("GET {target} HTTP/1.1");
        let answer = raw(server.address(), &line, &[&format!("host: {host}")]).await;
        assert_eq!(answer.status, status, "{target} {host}: {answer:?}");
        assert!(status == 400 || answer.text().contains("Riverside Credit Union"));
    }
}

#[tokio::test]
async fn old_clients_without_a_host_are_served_by_their_key() {
    let (_site, server) = super::embedded().await;
    for slug in ["riverside", "nordhafen"] {
        let key = format!("authorization: Bearer {}", server.tenant(slug).key);
        let answer = raw(server.address(), "GET /v1/payments HTTP/1.0", &[&key]).await;
        server.client(slug).check(&answer);
        answer.ok(200);
    }
    let nobody = raw(server.address(), "GET /v1/payments HTTP/1.0", &["accept: */*"]).await;
    nobody.refused(400, "tenant_required");
}

#[tokio::test]
async fn forwarding_headers_name_nobody() {
    let (_site, server) = super::embedded().await;
    let forwarded = [
        "host: localhost",
        "x-forwarded-host: riverside.localhost",
        "forwarded: host=nordhafen.localhost",
        "x-host: riverside.localhost",
        "x-original-host: nordhafen.localhost",
    ];
    let answer = raw(server.address(), "GET /v1/payments HTTP/1.1", &forwarded).await;
    answer.refused(400, "tenant_required");
}
