//! Two doors: nobody of a tenant comes in at the platform's, and nobody of the platform at a
//! tenant's.

use http::Method;
use serde_json::json;

use super::desk::{Desk, add};
use super::{PASSWORD, is_refused, new_tenant, serve};
use crate::harness::{Site, Stack, eventually, on_both_stacks};
use crate::people::Browser;

on_both_stacks!(
    nobody_of_a_tenant_comes_in,
    nobody_of_the_platform_comes_in_at_a_tenant,
    a_session_ends,
    people_are_added_by_whoever_runs_the_machine,
);

/// Each route of the plane, as the description of the API tells, and the permission it names.
async fn routes(nobody: &Desk) -> Vec<(Method, String, Option<String>)> {
    let api = nobody.get("/openapi.json").await.ok(200);
    let mut routes = Vec::new();
    for (path, methods) in api["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            if path.starts_with("/platform/") && operation["security"] != json!([{}]) {
                let permission = operation["security"][0]["platform"][0].as_str();
                let method = method.to_uppercase().parse().expect("a method");
                let path = path.replace("{id}", "01900000-0000-7000-8000-000000000001");
                let path = path.replace("{sequence}", "1");
                routes.push((method, path, permission.map(ToOwned::to_owned)));
            }
        }
    }
    assert!(routes.len() > 8, "the description lists them");
    routes
}

async fn nobody_of_a_tenant_comes_in(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let nobody = Desk::nobody(&server);
    let owners = [
        Browser::demo(&server, "riverside", "owner").await,
        Browser::demo(&server, "kita", "owner").await,
    ];
    for (method, path, permission) in routes(&nobody).await {
        assert!(permission.is_some(), "{method} {path} names no permission");
        let ask = |desk: &Desk| desk.request(method.clone(), &path).json(&json!({}));
        let refused = nobody.send(ask(&nobody)).await;
        refused.refused(401, "credential_required");
        for slug in ["riverside", "kita"] {
            let key = server.tenant(slug).key.clone();
            let with_key = nobody.send(ask(&nobody).bearer_auth(&key)).await;
            assert_eq!(with_key.alike(), refused.alike(), "{method} {path}");
            // A platform's session beside a tenant's key is not used for either.
            let both = admin.send(ask(&admin).bearer_auth(&key)).await;
            assert_eq!(both.alike(), refused.alike(), "{method} {path}");
        }
        for owner in &owners {
            let cookie = owner.cookie.clone().expect("signed in");
            let theirs = nobody.send(ask(&nobody).header("cookie", &cookie)).await;
            assert_eq!(theirs.alike(), refused.alike(), "{method} {path}");
            let renamed = cookie.replace("__Host-session", "__Host-platform");
            let theirs = nobody.send(ask(&nobody).header("cookie", &renamed)).await;
            assert_eq!(theirs.alike(), refused.alike(), "{method} {path}");
        }
        // The page of a tenant is of the same site: the browser sends the cookie.
        if method != Method::GET {
            for (name, value) in
                [("sec-fetch-site", "same-site"), ("origin", "http://riverside.localhost")]
            {
                let led = admin.send(ask(&admin).header(name, value)).await;
                assert_eq!(led.alike(), refused.alike(), "{method} {path}");
            }
        }
        // At a tenant's host there is no such plane, whoever asks.
        let there = admin.send(ask(&admin).header("host", "riverside.localhost")).await;
        there.refused(404, "route_missing");
    }
    let list = admin.get("/platform/v1/tenants").await.ok(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(5));
    eventually("the refusals are in the platform's log", async || {
        let found = admin.get("/platform/v1/audit?limit=100&action=tenants.suspend").await.ok(200);
        found["data"].as_array().is_some_and(|entries| {
            entries.iter().any(|entry| entry["outcome"] == "denied" && entry["actor"].is_null())
        })
    })
    .await;
}

async fn nobody_of_the_platform_comes_in_at_a_tenant(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let cookie = admin.cookie.clone().expect("signed in");
    for slug in ["riverside", "kita"] {
        let visitor = Browser::at(&server, slug);
        let refused = visitor.get("/v1/payments").await;
        refused.refused(401, "credential_required");
        let theirs = visitor.request(Method::GET, "/v1/payments").header("cookie", &cookie);
        assert_eq!(visitor.send(theirs).await.alike(), refused.alike());
        let renamed = cookie.replace("__Host-platform", "__Host-session");
        let theirs = visitor.request(Method::GET, "/v1/payments").header("cookie", &renamed);
        assert_eq!(visitor.send(theirs).await.status, 401);
        let bearer = cookie.split_once('=').expect("a pair").1;
        let theirs = visitor.request(Method::GET, "/v1/payments").bearer_auth(bearer);
        assert_eq!(visitor.send(theirs).await.status, 401);
        // The same words open neither an account at a tenant.
        let mut visitor = visitor;
        let signed_in = visitor.sign_in("admin@platform.example", PASSWORD).await;
        signed_in.refused(401, "sign_in_refused");
    }
    let support = Desk::open(site, &server, "support").await;
    let refused = support.post("/platform/v1/tenants", &new_tenant("harbor", "starter")).await;
    refused.refused(403, "permission_denied");
    support.get("/platform/v1/audit").await.refused(403, "permission_denied");
    support.get("/platform/v1/tenants").await.ok(200);
}

async fn a_session_ends(site: &Site) {
    let server = serve(site, &[]).await;
    let (admin, support) =
        (Desk::open(site, &server, "admin").await, Desk::open(site, &server, "support").await);
    assert_eq!(admin.get("/platform/v1/me").await.ok(200)["role"], "admin");
    let out = admin.post("/platform/v1/auth/logout", &json!({})).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    admin.get("/platform/v1/me").await.refused(401, "credential_required");
    // Somebody works on for longer than half an hour, and then for none.
    for _ in 0..3 {
        server.advance(std::time::Duration::from_mins(20)).await;
        assert_eq!(support.get("/platform/v1/me").await.ok(200)["role"], "support");
    }
    server.advance(std::time::Duration::from_mins(31)).await;
    support.get("/platform/v1/me").await.refused(401, "credential_required");
    let hashes = site.rows("platform_sessions").await;
    assert_eq!(hashes, 1, "who signed out has left nothing");

    for _ in 0..9 {
        let wrong = admin.sign_in("admin@platform.example", "not the password").await;
        wrong.refused(401, "sign_in_refused");
    }
    let unknown = admin.sign_in("nobody@platform.example", "not the password").await;
    unknown.refused(401, "sign_in_refused");
    let tries = async || admin.sign_in("admin@platform.example", "not the password").await;
    tries().await.refused(401, "sign_in_refused");
    assert!(is_refused(&tries().await, 429, "too_many_attempts"));
}

async fn people_are_added_by_whoever_runs_the_machine(site: &Site) {
    let (added, said) = add(site, "ops@platform.example", "admin", PASSWORD).await;
    assert!(added, "before the first start: {said}");
    let (twice, _) = add(site, "ops@platform.example", "support", PASSWORD).await;
    assert!(!twice, "the address is there");
    for (email, role, password) in [
        ("second@platform.example", "admin", "too short"),
        ("second@platform.example", "admin", ""),
        ("second@platform.example", "owner", PASSWORD),
        ("no address", "admin", PASSWORD),
    ] {
        let (added, said) = add(site, email, role, password).await;
        assert!(!added, "{email} {role}");
        assert!(password.is_empty() || !said.contains(password), "{said}");
    }
    assert_eq!(site.rows("platform_users").await, 1);
    let server = serve(site, &[]).await;
    let signed_in = Desk::nobody(&server).sign_in("ops@platform.example", PASSWORD).await.ok(200);
    assert_eq!(signed_in["role"], "admin");
    assert!(server.stop().await.lines().all(|line| !line.contains(PASSWORD)));
}

/// Without a person there is nobody: no password that the program knows opens the plane.
#[tokio::test]
async fn an_empty_platform_lets_nobody_in() {
    let site = Site::create(Stack::Embedded).await;
    let server = serve(&site, &[]).await;
    for email in ["owner@riverside.example", "owner@kita.example", "admin@platform.example"] {
        let tried = Desk::nobody(&server).sign_in(email, crate::people::PASSWORD).await;
        tried.refused(401, "sign_in_refused");
    }
}
