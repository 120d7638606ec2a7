//! Roles of people: what each may do, at once, and who may change them.

use serde_json::{Value, json};

use super::{Browser, UNLIMITED, ended, with_mail};
use crate::harness::{Site, on_both_stacks};

on_both_stacks!(a_changed_role_counts_on_the_next_request, the_last_owner_stays, nobody_climbs,);

async fn member(browser: &Browser, email: &str) -> Value {
    let list = browser.get("/v1/members?limit=100").await.ok(200);
    let found = list["data"].as_array().expect("a list").iter().find(|one| one["email"] == email);
    found.unwrap_or_else(|| panic!("no member {email}")).clone()
}

async fn path_of(browser: &Browser, email: &str) -> String {
    let member = member(browser, email).await;
    format!("/v1/members/{}", member["id"].as_str().expect("an id"))
}

async fn a_changed_role_counts_on_the_next_request(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let owner = Browser::demo(&server, "kita", "owner").await;
    let operator = Browser::demo(&server, "kita", "operator").await;
    let other = Browser::demo(&server, "nordhafen", "operator").await;
    let customer = json!({ "name": "Ada" });
    operator.post("/v1/customers", &customer).await.ok(201);
    let path = path_of(&owner, "operator@kita.example").await;

    // To another tenant it is nobody's.
    let theirs = Browser::demo(&server, "nordhafen", "owner").await;
    let random = "/v1/members/usr_01k8p0g2v7e9h9qk3x5t7w1zra";
    let nobodys = theirs.get(random).await;
    nobodys.refused(404, "resource_missing");
    assert_eq!(theirs.get(&path).await.alike(), nobodys.alike());
    for answer in
        [theirs.delete(&path).await, theirs.patch(&path, &json!({ "role": "analyst" })).await]
    {
        answer.refused(404, "resource_missing");
    }

    owner.patch(&path, &json!({ "role": "analyst" })).await.ok(200);
    operator.post("/v1/customers", &customer).await.refused(403, "permission_denied");
    operator.get("/v1/payments").await.ok(200);
    let removed = owner.delete(&path).await.ok(200);
    assert_eq!(removed["state"], "removed");
    ended("the session of who is removed", async || operator.get("/v1/payments").await.status)
        .await;
    let again =
        Browser::at(&server, "kita").try_sign_in("operator@kita.example", super::PASSWORD).await;
    again.refused(401, "sign_in_refused");
    owner.delete(&path).await.refused(404, "resource_missing");
    other.post("/v1/customers", &customer).await.ok(201);
}

/// P1, also when two owners remove each other at the same time.
async fn the_last_owner_stays(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["kita", "alnoor"] {
        let owner = Browser::demo(&server, slug, "owner").await;
        let admin = Browser::demo(&server, slug, "admin").await;
        let of_owner = path_of(&owner, &format!("owner@{slug}.example")).await;
        let of_admin = path_of(&owner, &format!("admin@{slug}.example")).await;
        owner.delete(&of_owner).await.refused(409, "last_owner");
        owner.patch(&of_owner, &json!({ "role": "admin" })).await.refused(409, "last_owner");
        owner.patch(&of_admin, &json!({ "role": "owner" })).await.ok(200);
        let (one, two) = tokio::join!(owner.delete(&of_admin), admin.delete(&of_owner));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "{one:?} {two:?}");
        assert!(statuses[1] >= 400, "{one:?} {two:?}");
        let owners = format!(
            "members WHERE role = 'owner' AND state = 'active' AND email LIKE '%@{slug}.example'"
        );
        assert_eq!(site.rows_where(&owners).await, 1);
    }
}

/// Whoever is no owner makes none, changes none, and gives nobody more than he has.
async fn nobody_climbs(site: &Site) {
    let server = with_mail(site).await;
    for slug in ["kita", "nordhafen"] {
        let admin = Browser::demo(&server, slug, "admin").await;
        let of_owner = path_of(&admin, &format!("owner@{slug}.example")).await;
        let of_admin = path_of(&admin, &format!("admin@{slug}.example")).await;
        let invite = super::invitation(&format!("eve@{slug}.example"), "owner");
        let owner = json!({ "role": "owner" });
        for answer in [
            admin.post("/v1/invitations", &invite).await,
            admin.patch(&of_admin, &owner).await,
            admin.patch(&of_owner, &json!({ "role": "analyst" })).await,
            admin.delete(&of_owner).await,
        ] {
            answer.refused(403, "permission_denied");
        }
        for role in ["support", "api_key", "root", ""] {
            let answer = admin.patch(&of_admin, &json!({ "role": role })).await;
            answer.refused_field("field_invalid", "role");
        }
        for role in ["operator", "analyst", "developer", "finance-approver"] {
            let weak = Browser::demo(&server, slug, role).await;
            weak.patch(&of_admin, &owner).await.refused(403, "permission_denied");
            weak.post("/v1/invitations", &invite).await.refused(403, "permission_denied");
            weak.get("/v1/members").await.refused(403, "permission_denied");
        }
    }
}
