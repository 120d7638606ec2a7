//! PJ1.3 and 1.4: a domain of a bank's own, and P5: it is one bank's.

use http::Method;
use serde_json::{Value, json};

use super::zone::Zone;
use super::{id, serve, soon};
use crate::harness::{Server, Site, on_both_stacks};
use crate::people::Browser;

on_both_stacks!(a_domain_is_shown_to_be_its_banks, some_domains_are_nobodys);

async fn add(bank: &Browser, domain: &str) -> Value {
    bank.post("/v1/domains", &json!({ "domain": domain })).await.ok(201)
}

/// The page at a host: its status, and what it shows.
async fn page(server: &Server, host: &str) -> (u16, String) {
    let visitor = Browser::at_host(server, host);
    let answer = visitor.send(visitor.request(Method::GET, "/")).await;
    (answer.status, answer.text().to_owned())
}

async fn a_domain_is_shown_to_be_its_banks(site: &Site) {
    let zone = Zone::serve().await;
    let server = serve(site, &["--dns-server", &zone.address()]).await;
    let riverside = Browser::demo(&server, "riverside", "owner").await;
    let nordhafen = Browser::demo(&server, "nordhafen", "owner").await;
    let host = "pay.riverbank.example";
    let added = add(&riverside, host).await;
    assert_eq!((&added["state"], &added["domain"]), (&"pending".into(), &host.into()));
    let record = &added["record"];
    assert_eq!(
        (&record["type"], &record["name"]),
        (&"TXT".into(), &format!("_tenancy-challenge.{host}").into())
    );
    let path = format!("/v1/domains/{}", id(&added));
    let verify = format!("{path}/verify");
    let (name, value) =
        (record["name"].as_str().expect("a name"), record["value"].as_str().expect("a value"));

    // Before the record is there, and with another's, it is nobody's.
    riverside.post(&verify, &json!({})).await.refused(422, "domain_unverified");
    let theirs = add(&nordhafen, host).await;
    let their_value = theirs["record"]["value"].as_str().expect("a value").to_owned();
    assert_ne!(their_value, value, "each has its own token");
    zone.set(name, &their_value);
    riverside.post(&verify, &json!({})).await.refused(422, "domain_unverified");
    assert_eq!(page(&server, host).await.0, 404);

    // Another bank neither sees it nor verifies it, and whoever may not, may not.
    let missing = nordhafen.get("/v1/domains/dom_01k8p0g2v7e9h9qk3x5t7w1zra").await;
    missing.refused(404, "resource_missing");
    assert_eq!(nordhafen.get(&path).await.alike(), missing.alike());
    assert_eq!(nordhafen.post(&verify, &json!({})).await.alike(), missing.alike());
    assert_eq!(nordhafen.delete(&path).await.alike(), missing.alike());
    for role in ["operator", "analyst"] {
        let weak = Browser::demo(&server, "riverside", role).await;
        weak.post(&verify, &json!({})).await.refused(403, "permission_denied");
        weak.get(&path).await.refused(403, "permission_denied");
    }

    zone.set(name, value);
    assert_eq!(riverside.post(&verify, &json!({})).await.ok(200)["state"], "verified");
    soon("the host is the bank's", async || page(&server, host).await.0 == 200).await;
    let (_, shown) = page(&server, host).await;
    assert!(shown.contains("Riverside Credit Union") && shown.contains("domain"), "{shown}");
    let there = riverside.at_own_host(host);
    assert_eq!(there.get("/v1/me").await.ok(200)["tenant"], "riverside");
    let crossing = nordhafen.at_own_host(host).get("/v1/me").await;
    crossing.refused(403, "tenant_mismatch");

    // P5: now that it is somebody's it is nobody else's, whatever the DNS says.
    zone.set(name, &their_value);
    let taken = nordhafen.post(&format!("/v1/domains/{}/verify", id(&theirs)), &json!({})).await;
    taken.refused(409, "domain_taken");
    riverside.post("/v1/domains", &json!({ "domain": host })).await.refused(409, "domain_exists");

    assert_eq!(riverside.delete(&path).await.status, 204);
    soon("the host is nobody's", async || page(&server, host).await.0 == 404).await;
    let moved = nordhafen.post(&format!("/v1/domains/{}/verify", id(&theirs)), &json!({})).await;
    assert_eq!(moved.ok(200)["state"], "verified");
    soon("the host is the other bank's", async || {
        page(&server, host).await.1.contains("Nordhafen")
    })
    .await;
}

async fn some_domains_are_nobodys(site: &Site) {
    let zone = Zone::serve().await;
    let server = serve(site, &["--dns-server", &zone.address()]).await;
    let riverside = Browser::demo(&server, "riverside", "owner").await;
    let kita = Browser::demo(&server, "kita", "owner").await;
    for bad in [
        "localhost",
        "kita.localhost",
        "127.0.0.1",
        "co.uk",
        "example",
        "https://pay.example",
        "pay.example:8080",
        "a b.example",
        "",
        "x.invalid",
        "-a.example.com",
    ] {
        let refused = riverside.post("/v1/domains", &json!({ "domain": bad })).await;
        refused.refused_field("field_invalid", "domain");
    }
    let added = add(&riverside, "Zahlungen.Flußbank.Example.").await;
    assert_eq!(added["domain"], "zahlungen.xn--flubank-2va.example");
    for number in 1..20 {
        add(&riverside, &format!("pay{number}.riverbank.example")).await;
    }
    let many = riverside.post("/v1/domains", &json!({ "domain": "one.more.example" })).await;
    many.refused(409, "domain_limit_reached");
    add(&kita, "one.more.example").await;
    assert_eq!(kita.get("/v1/domains").await.ok(200)["data"].as_array().map(Vec::len), Some(1));
    let page = riverside.get("/v1/domains?limit=100").await.ok(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(20));
    assert_eq!(site.rows("tenancy_domains").await, 0, "none was shown to be anybody's");
}
