//! Who a request is for: nobody, somebody unknown, somebody suspended, two at once.

use http::Method;
use reqwest::RequestBuilder;
use serde_json::json;

use super::token::{self, SECRET};
use super::{UNLIMITED, one_euro, payments};
use crate::harness::{Answer, Server, Site, on_both_stacks};

on_both_stacks!(
    two_that_disagree_are_refused_and_nothing_is_written,
    a_foreign_tenant_in_the_body_is_refused_and_nothing_is_written,
    a_suspended_tenant_is_refused_and_nothing_is_written,
);

/// A way to name a tenant.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Source {
    ApiKey,
    Token,
    Host,
    Slug,
    Id,
}

impl Source {
    const ALL: [Self; 5] = [Self::ApiKey, Self::Token, Self::Host, Self::Slug, Self::Id];

    fn name(self, server: &Server, slug: &str, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::ApiKey => request.bearer_auth(&server.tenant(slug).key),
            Self::Token => request.bearer_auth(token::of(slug)),
            Self::Host => request.header("host", format!("{slug}.localhost")),
            Self::Slug => request.header("x-tenant-id", slug),
            Self::Id => request.header("x-tenant-id", server.tenant(slug).id().to_string()),
        }
    }

    /// Whether both are sent in the same header, which may be there once.
    fn shares_a_header(self, other: Self) -> bool {
        let header = |source| match source {
            Self::ApiKey | Self::Token => 1,
            Self::Host => 2,
            Self::Slug | Self::Id => 3,
        };
        header(self) == header(other)
    }

    const fn is_credential(self) -> bool {
        matches!(self, Self::ApiKey | Self::Token)
    }
}

fn pairs() -> impl Iterator<Item = (Source, Source)> {
    let all = Source::ALL.into_iter();
    all.flat_map(|one| Source::ALL.map(|other| (one, other)))
        .filter(|(one, other)| !one.shares_a_header(*other))
}

async fn serve(site: &Site) -> Server {
    site.serve(&[UNLIMITED[0], UNLIMITED[1], "--jwt-secret", SECRET]).await
}

fn paying(server: &Server) -> RequestBuilder {
    server.stranger().paying("key").json(&one_euro())
}

async fn send(server: &Server, request: RequestBuilder) -> Answer {
    server.stranger().send(request).await
}

async fn two_that_disagree_are_refused_and_nothing_is_written(site: &Site) {
    let server = serve(site).await;
    let mut refused: Option<Answer> = None;
    for (one, other) in pairs() {
        let both = |a, b| other.name(&server, b, one.name(&server, a, paying(&server)));
        for (a, b) in [("riverside", "nordhafen"), ("nordhafen", "lakeshore")] {
            let answer = send(&server, both(a, b)).await;
            answer.refused(403, "tenant_mismatch");
            let first = refused.get_or_insert_with(|| answer.clone());
            assert_eq!(answer.alike(), first.alike(), "{one:?} {a}, {other:?} {b}");
        }
    }
    is_as_it_was(site).await;
}

/// Nothing was written, for nobody.
async fn is_as_it_was(site: &Site) {
    assert_eq!(site.rows("payments").await, 150);
    assert_eq!(site.rows("customers").await, 20);
    assert_eq!(site.rows("idempotency_records").await, 0);
}

#[tokio::test]
async fn two_that_agree_are_served_if_one_is_a_credential() {
    let (_site, server) = with_tokens().await;
    for (one, other) in pairs() {
        for slug in ["riverside", "nordhafen"] {
            let request = server.stranger().request(Method::GET, "/v1/payments");
            let request = other.name(&server, slug, one.name(&server, slug, request));
            let answer = server.client(slug).send(request).await;
            if one.is_credential() || other.is_credential() {
                answer.ok(200);
            } else {
                answer.refused(401, "credential_required");
            }
        }
    }
}

/// Else a caller with one good key could try out which tenants there are.
#[tokio::test]
async fn beside_a_credential_an_unknown_name_reads_like_anothers() {
    let (_site, server) = with_tokens().await;
    for credential in [Source::ApiKey, Source::Token] {
        let with = || credential.name(&server, "riverside", paying(&server));
        let anothers = send(&server, Source::Slug.name(&server, "nordhafen", with())).await;
        anothers.refused(403, "tenant_mismatch");
        let missing = "01900000-0000-7000-8000-0000000000ff";
        for name in ["nobody", missing, "", "not a slug!", "../riverside", "riverside,nordhafen"] {
            let answer = send(&server, with().header("x-tenant-id", name)).await;
            assert_eq!(answer.alike(), anothers.alike(), "{name:?}");
        }
        let by_host = send(&server, with().header("host", "nobody.localhost")).await;
        assert_eq!(by_host.alike(), anothers.alike());
    }
}

#[tokio::test]
async fn nobody_unknown_and_believed_without_proof() {
    let (_site, server) = with_tokens().await;
    let get = || server.stranger().request(Method::GET, "/v1/payments");
    send(&server, get()).await.refused(400, "tenant_required");
    for source in [Source::Slug, Source::Id] {
        let answer = send(&server, source.name(&server, "riverside", get())).await;
        answer.refused(400, "tenant_required");
    }
    let unknown = send(&server, get().header("host", "nobody.localhost")).await;
    unknown.refused(404, "tenant_unknown");
    for credential in ["paykey_test_0000000000000000000000000000000000000000", "x", "Bearer", "🔑"]
    {
        let answer = send(&server, get().bearer_auth(credential)).await;
        answer.refused(401, "credential_invalid");
    }
    let twice = get().header("authorization", format!("Bearer {}", server.tenant("kita").key));
    let twice = Source::ApiKey.name(&server, "kita", twice);
    send(&server, twice).await.refused(401, "credential_invalid");
    let other_scheme = get().basic_auth("riverside", Some(&server.tenant("riverside").key));
    send(&server, other_scheme).await.refused(400, "tenant_required");
}

async fn a_foreign_tenant_in_the_body_is_refused_and_nothing_is_written(site: &Site) {
    let server = serve(site).await;
    for (own, other) in [("riverside", "nordhafen"), ("nordhafen", "riverside")] {
        let bank = server.client(own);
        let foreign = [
            json!(other),
            json!(server.tenant(other).id().to_string()),
            json!("lakeshore"),
            json!("nobody"),
            json!(""),
        ];
        for (at, tenant) in foreign.iter().enumerate() {
            let order = json!({ "amount": 1, "currency": "EUR", "tenant_id": tenant });
            bank.pay(&format!("key-{at}"), &order).await.refused(403, "tenant_mismatch");
            let customer = json!({ "name": "Eve", "tenant_id": tenant });
            bank.post("/v1/customers", &customer).await.refused(403, "tenant_mismatch");
        }
        let twice = bank.paying("twice").header("content-type", "application/json").body(format!(
            r#"{{"tenant_id":"{own}","amount":1,"currency":"EUR","tenant_id":"{other}"}}"#
        ));
        bank.send(twice).await.refused(403, "tenant_mismatch");
        let order = json!({ "amount": 1, "currency": "EUR", "tenant_id": 7 });
        bank.pay("number", &order).await.refused_field("field_invalid", "tenant_id");

        let open = payments(&bank).await.remove(0);
        let cancel = format!("/v1/payments/{}/cancel", open["id"].as_str().expect("an id"));
        bank.post(&cancel, &json!({ "tenant_id": other })).await.refused(403, "tenant_mismatch");
        assert_eq!(payments(&bank).await.remove(0), open);
    }
    is_as_it_was(site).await;
    // A refused request leaves its idempotency key free; its own tenant may be named.
    for own in ["riverside", "nordhafen"] {
        let order = json!({ "amount": 1, "currency": "EUR", "tenant_id": own });
        server.client(own).pay("key-0", &order).await.ok(201);
    }
}

async fn a_suspended_tenant_is_refused_and_nothing_is_written(site: &Site) {
    let server = serve(site).await;
    for source in [Source::ApiKey, Source::Token, Source::Host] {
        for path in ["/v1/payments", "/v1/usage", "/"] {
            let get =
                source.name(&server, "lakeshore", server.stranger().request(Method::GET, path));
            send(&server, get).await.refused(403, "tenant_suspended");
        }
        let pay = source.name(&server, "lakeshore", paying(&server));
        send(&server, pay).await.refused(403, "tenant_suspended");
    }
    is_as_it_was(site).await;
    server.client("riverside").get("/v1/payments").await.ok(200);
}

async fn with_tokens() -> (Site, Server) {
    let site = Site::create(crate::harness::Stack::Embedded).await;
    let server = serve(&site).await;
    (site, server)
}
