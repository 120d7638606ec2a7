//! PJ1: a bank is made, changed, and listed.

use http::Method;
use serde_json::{Value, json};

use super::{Desk, OWNERS, id, new_tenant, opened, serve, soon};
use crate::harness::{Site, eventually, on_both_stacks};
use crate::people::{Browser, token_for};

on_both_stacks!(
    a_bank_is_opened,
    a_slug_is_one_tenants,
    a_change_holds_within_a_second,
    many_make_the_same_tenant_once,
);

async fn a_bank_is_opened(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let made = admin.post("/platform/v1/tenants", &new_tenant("harbor", "professional")).await;
    let made = made.ok(201);
    assert_eq!(
        (&made["status"], &made["plan"], &made["currency"]),
        (&"active".into(), &"professional".into(), &"USD".into())
    );
    let path = format!("/platform/v1/tenants/{}", id(&made));
    assert_eq!(admin.get(&path).await.ok(200), made);
    eventually("it is in the platform's log", async || {
        let found = admin.get("/platform/v1/audit?action=tenants.create").await.ok(200);
        let entry = &found["data"][0];
        entry["outcome"] == "succeeded" && entry["resource"]["id"] == made["id"]
    })
    .await;
    let whole = admin.get("/platform/v1/audit/verify").await.ok(200);
    assert_eq!(whole["whole"], true, "{whole}");
    let first = admin.get("/platform/v1/audit/1").await.ok(200);
    assert_eq!(first["sequence"], 1);
    admin.get("/platform/v1/audit/100000").await.refused(404, "resource_missing");

    // Its owner is its owner, and nobody at another tenant.
    let email = "owner@harbor.example";
    let token = token_for(site, email);
    let accept = json!({ "token": token, "password": OWNERS });
    let riverside = Browser::at(&server, "riverside");
    riverside.post("/v1/invitations/accept", &accept).await.refused(404, "invitation_missing");
    let mut owner = Browser::at_host(&server, "harbor.localhost");
    owner.get("/v1/payments").await.refused(401, "credential_required");
    assert_eq!(owner.post("/v1/invitations/accept", &accept).await.ok(200)["role"], "owner");
    owner.sign_in(email, OWNERS).await.ok(200);
    assert_eq!(owner.get("/v1/me").await.ok(200)["tenant"], "harbor");
    assert_eq!(owner.get("/v1/payments").await.ok(200)["data"], json!([]));
    // PJ1.5: the same cookie at another bank.
    let moved = owner.moved_to(&server, "riverside");
    moved.get("/v1/me").await.refused(403, "tenant_mismatch");
    // PJ1.6: a credential of harbor and another bank's name.
    let request = owner.request(Method::GET, "/v1/payments").header("x-tenant-id", "riverside");
    owner.send(request).await.refused(403, "tenant_mismatch");
    eventually("the crossing is in harbor's log", async || {
        let found = owner.get("/v1/audit?action=tenant.crossing_blocked").await.ok(200);
        found["data"][0].is_object()
    })
    .await;
}

async fn a_slug_is_one_tenants(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let make = async |body: &Value| admin.post("/platform/v1/tenants", body).await;
    make(&new_tenant("harbor", "starter")).await.ok(201);
    for (slug, plan) in [("harbor", "starter"), ("harbor", "enterprise"), ("riverside", "starter")]
    {
        make(&new_tenant(slug, plan)).await.refused(409, "slug_taken");
    }
    make(&new_tenant("platform", "starter")).await.refused_field("slug_reserved", "slug");
    for bad in ["Harbor", "har bor", "a.b", "www", "", "xn--hrbor-cva", "-x"] {
        let mut body = new_tenant("summit", "starter");
        body["slug"] = bad.into();
        make(&body).await.refused_field("field_invalid", "slug");
    }
    make(&new_tenant("summit", "gold")).await.refused_field("plan_unknown", "plan");
    let mut more = new_tenant("summit", "starter");
    more["status"] = "active".into();
    assert_eq!(make(&more).await.status, 422, "what nobody knows is refused");
    assert_eq!(site.rows("tenancy_tenants").await, 6);

    // All of them, in parts that fit together.
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/platform/v1/tenants?limit=4{after}")).await.ok(200);
        let data = page["data"].as_array().expect("a page").clone();
        after = format!("&starting_after={}", id(data.last().expect("a tenant")));
        all.extend(data);
        if page["has_more"] == false {
            break;
        }
    }
    let slugs: Vec<_> = all.iter().map(|tenant| tenant["slug"].as_str().expect("a slug")).collect();
    assert_eq!(slugs, ["riverside", "nordhafen", "kita", "alnoor", "lakeshore", "harbor"]);
    let nobody = "/platform/v1/tenants/01900000-0000-7000-8000-0000000000aa";
    admin.get(nobody).await.refused(404, "resource_missing");
    admin.get("/platform/v1/tenants/harbor").await.refused(404, "resource_missing");
    admin.patch(nobody, &json!({ "name": "x" })).await.refused(404, "resource_missing");
}

async fn a_change_holds_within_a_second(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let (harbor, owner) = opened(site, &server, &admin, "harbor").await;
    let (_, other) = opened(site, &server, &admin, "summit").await;
    let path = format!("/platform/v1/tenants/{harbor}");
    let overrides = json!({ "limits": { "users": 1 }, "features": { "custom_workflows": true } });
    let change = json!({ "name": "Harbor & Sons", "plan": "enterprise", "overrides": overrides });
    let changed = admin.patch(&path, &change).await.ok(200);
    assert_eq!(
        (&changed["name"], &changed["plan"], &changed["currency"]),
        (&"Harbor & Sons".into(), &"enterprise".into(), &"USD".into())
    );
    soon("the plan holds", async || owner.get("/v1/plan").await.ok(200)["plan"] == "enterprise")
        .await;
    assert_eq!(other.get("/v1/plan").await.ok(200)["plan"], "professional");
    // The override beats the plan's "unlimited", and is nobody else's.
    let invited = owner
        .post("/v1/invitations", &crate::people::invitation("new@people.example", "analyst"))
        .await;
    invited.refused(409, "user_limit_reached");
    other
        .post("/v1/invitations", &crate::people::invitation("new@people.example", "analyst"))
        .await
        .ok(201);
    let unknown = json!({ "overrides": { "limits": { "seats": 1 } } });
    admin.patch(&path, &unknown).await.refused_field("field_invalid", "overrides.limits");
    admin.patch(&path, &json!({ "plan": "gold" })).await.refused_field("plan_unknown", "plan");
    assert_eq!(admin.patch(&path, &json!({ "status": "active" })).await.status, 422);
    assert_eq!(admin.get(&path).await.ok(200), changed);
    eventually("the log says what was changed", async || {
        let found = admin.get("/platform/v1/audit?action=tenants.update").await.ok(200);
        found["data"].as_array().expect("a list").iter().any(|entry| {
            let said = entry["changes"].to_string();
            said.contains("enterprise") && said.contains("Harbor & Sons")
        })
    })
    .await;
}

/// Two admins at the same moment: one tenant, and one refusal.
async fn many_make_the_same_tenant_once(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let mut tries = Vec::new();
    for _ in 0..6 {
        let admin = admin.clone();
        tries.push(tokio::spawn(async move {
            admin.post("/platform/v1/tenants", &new_tenant("harbor", "starter")).await.status
        }));
    }
    let mut made = 0;
    for tried in tries {
        match tried.await.expect("no panic") {
            201 => made += 1,
            409 => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(site.rows_where("tenancy_tenants WHERE slug = 'harbor'").await, 1);
    assert_eq!(site.rows_where("members WHERE email = 'owner@harbor.example'").await, 1);
    assert_eq!(site.rows("tenancy_tenants").await, 6);
}
