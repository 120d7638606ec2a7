//! PJ10.2: support looks into one bank for a while, and the bank sees that.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{Desk, id, opened, serve, soon};
use crate::harness::{Answer, Server, Site, eventually, on_both_stacks};
use crate::people::Browser;

on_both_stacks!(
    support_reads_what_is_masked_and_changes_nothing,
    support_ends_with_its_time,
    an_owner_sends_support_away,
);

/// Asks to look into a bank for half an hour.
async fn ask(desk: &Desk, tenant: &str) -> Answer {
    let body = json!({ "tenant": tenant, "reason": "ticket 4711", "minutes": 30 });
    desk.post("/platform/v1/support-grants", &body).await
}

/// The browser of somebody who was let in, at a host.
fn at(server: &Server, slug: &str, granted: &Value) -> Browser {
    let mut browser = Browser::at_host(server, &format!("{slug}.localhost"));
    let session = granted["session"].as_str().expect("a session");
    browser.cookie = Some(format!("__Host-session={session}"));
    browser
}

fn mails_to(site: &Site, email: &str) -> Vec<String> {
    let to = format!("To: {email}\n");
    let folder = std::fs::read_dir(site.mail()).expect("a folder");
    let read = folder.map(|entry| std::fs::read_to_string(entry.expect("an entry").path()));
    read.map(|text| text.expect("text")).filter(|text| text.starts_with(&to)).collect()
}

async fn support_reads_what_is_masked_and_changes_nothing(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let support = Desk::open(site, &server, "support").await;
    let (harbor, owner) = opened(site, &server, &admin, "harbor").await;
    let (summit, other) = opened(site, &server, &admin, "summit").await;
    let customer = json!({ "name": "Ada Brooks", "email": "ada@brooks.example" });
    let customer = owner.post("/v1/customers", &customer).await.ok(201);
    let path = format!("/v1/customers/{}", id(&customer));

    for (tenant, minutes) in [(&harbor, 0), (&harbor, 61), (&summit, 200)] {
        let body = json!({ "tenant": tenant, "reason": "x", "minutes": minutes });
        let refused = support.post("/platform/v1/support-grants", &body).await;
        refused.refused_field("field_invalid", "minutes");
    }
    let unknown = ask(&support, "01900000-0000-7000-8000-0000000000aa").await;
    unknown.refused(404, "resource_missing");
    let granted = ask(&support, &harbor).await.ok(201);
    let looking = at(&server, "harbor", &granted);

    let me = looking.get("/v1/me").await.ok(200);
    assert!(me["id"].as_str().is_some_and(|id| id.starts_with("psu_")), "{me}");
    let seen = looking.get(&path).await;
    assert!(!seen.text().contains("da Brooks") && !seen.text().contains("brooks.example"));
    let seen = seen.ok(200);
    assert_eq!((&seen["id"], &seen["name"]), (&customer["id"], &"A•••".into()));
    assert_eq!(looking.get("/v1/customers").await.ok(200)["data"][0]["name"], "A•••");
    assert_eq!(owner.get(&path).await.ok(200), customer, "its own people read it whole");
    // A file cannot be masked, and a page shows nothing to look into.
    for whole in ["/v1/audit/export", "/"] {
        looking.send(looking.request(Method::GET, whole)).await.refused(403, "permission_denied");
    }

    let order = json!({ "amount": 100, "currency": "USD" });
    let pay = looking.request(Method::POST, "/v1/payments").header("idempotency-key", "k");
    looking.send(pay.json(&order)).await.refused(403, "permission_denied");
    for (path, body) in [
        ("/v1/customers", json!({ "name": "Eve" })),
        ("/v1/invitations", crate::people::invitation("eve@evil.example", "owner")),
        ("/v1/api-keys", json!({ "name": "k", "mode": "test", "scopes": ["payments:view"] })),
        ("/v1/plan/change", json!({ "plan": "enterprise" })),
    ] {
        looking.post(path, &body).await.refused(403, "permission_denied");
    }
    let ending = format!("/v1/support-grants/{}", id(&granted["grant"]));
    looking.delete(&ending).await.refused(403, "permission_denied");
    // At another bank it is a crossing, and none of the platform's doors.
    at(&server, "summit", &granted).get("/v1/payments").await.refused(403, "tenant_mismatch");
    at(&server, "riverside", &granted).get(&path).await.refused(403, "tenant_mismatch");
    let mut door = Desk::nobody(&server);
    door.cookie.clone_from(&looking.cookie);
    door.get("/platform/v1/tenants").await.refused(401, "credential_required");

    the_bank_knows(site, &owner, &granted, &path).await;
    assert_eq!(other.get("/v1/support-grants").await.ok(200)["data"], json!([]));
    other.delete(&ending).await.refused(404, "resource_missing");
    assert!(mails_to(site, "owner@summit.example").iter().all(|mail| !mail.contains("4711")));
    assert_eq!(site.rows("support_grants").await, 1);
}

/// The owners have a mail, a notification and an event, and each look is in the log.
async fn the_bank_knows(site: &Site, owner: &Browser, granted: &Value, path: &str) {
    let mails = mails_to(site, "owner@harbor.example");
    assert!(mails.iter().any(|mail| mail.contains("ticket 4711")), "{mails:?}");
    let session = granted["session"].as_str().expect("a session");
    assert!(mails.iter().all(|mail| !mail.contains(session)));
    let told = owner.get("/v1/notifications").await.ok(200);
    assert_eq!(told["data"][0]["type"], "support_grant.created");
    let listed = owner.get("/v1/support-grants").await.ok(200);
    assert_eq!(listed["data"], json!([granted["grant"]]));
    let events = owner.get("/v1/events").await.ok(200);
    assert_eq!(events["data"][0]["type"], "support_grant.created", "{events}");
    let resource = path.trim_start_matches("/v1/").replacen('/', ":", 1);
    let query = format!("/v1/audit?action=data.read&resource={resource}&limit=100");
    let me = owner.get("/v1/me").await.ok(200);
    let found = owner.get(&query).await.ok(200);
    let looks = found["data"].as_array().expect("a list");
    let by_support = looks.iter().filter(|look| look["actor"]["id"] == granted["grant"]["user"]);
    let by_support: Vec<_> = by_support.collect();
    assert_eq!(by_support.len(), 1, "{found}");
    assert_eq!(by_support[0]["on_behalf_of"]["id"], me["id"]);
    let lists = owner.get("/v1/audit?action=data.read&limit=100").await.ok(200);
    assert!(lists.to_string().contains("\"/v1/customers\""), "lists too: {lists}");
    for text in [listed, events, told, lists] {
        assert!(!text.to_string().contains(session));
    }
}

async fn support_ends_with_its_time(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let (harbor, _) = opened(site, &server, &admin, "harbor").await;
    let (summit, _) = opened(site, &server, &admin, "summit").await;
    let granted = ask(&admin, &harbor).await.ok(201);
    let looking = at(&server, "harbor", &granted);
    // However much it is used, and half of its time later.
    for _ in 0..2 {
        looking.get("/v1/payments").await.ok(200);
        server.advance(Duration::from_mins(14)).await;
    }
    looking.get("/v1/payments").await.ok(200);
    let second = at(&server, "summit", &ask(&admin, &summit).await.ok(201));
    server.advance(Duration::from_mins(3)).await;
    looking.get("/v1/payments").await.refused(401, "credential_required");
    second.get("/v1/payments").await.ok(200);
    // Another grant takes the place of one that is still good.
    let newer = at(&server, "summit", &ask(&admin, &summit).await.ok(201));
    newer.get("/v1/payments").await.ok(200);
    soon("the older one is over", async || second.get("/v1/payments").await.status == 401).await;
    newer.get("/v1/payments").await.ok(200);
}

async fn an_owner_sends_support_away(site: &Site) {
    let server = serve(site, &[]).await;
    let support = Desk::open(site, &server, "support").await;
    let riverside = server.tenant("riverside").id().to_string();
    let owner = Browser::demo(&server, "riverside", "owner").await;
    let (auditor, kita) = (
        Browser::demo(&server, "riverside", "auditor").await,
        Browser::demo(&server, "kita", "owner").await,
    );
    let granted = ask(&support, &riverside).await.ok(201);
    let looking = at(&server, "riverside", &granted);
    looking.get("/v1/payments").await;
    let ending = format!("/v1/support-grants/{}", id(&granted["grant"]));
    auditor.delete(&ending).await.refused(403, "permission_denied");
    kita.delete(&ending).await.refused(404, "resource_missing");
    let ended = owner.delete(&ending).await.ok(200);
    assert!(ended["ended_at"].is_string(), "{ended}");
    assert_eq!(owner.delete(&ending).await.ok(200), ended, "ended once, it stays so");
    soon("nobody looks any more", async || looking.get("/v1/payments").await.status == 401).await;
    eventually("the bank's people are told", async || {
        let told = owner.get("/v1/notifications").await.ok(200);
        told["data"][0]["type"] == "support_grant.ended"
    })
    .await;
}
