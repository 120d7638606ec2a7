//! Invitations: good once, at one tenant, and no way into somebody else's account.

use serde_json::{Value, json};

use super::{Browser, PASSWORD, invitation, token_for, with_mail};
use crate::harness::{Answer, Site, on_both_stacks};

on_both_stacks!(
    an_invitation_is_good_once_and_at_its_tenant,
    an_invitation_takes_over_no_account,
    the_user_limit_is_kept,
);

async fn accept(browser: &Browser, token: &str, password: &str) -> Answer {
    browser.post("/v1/invitations/accept", &json!({ "token": token, "password": password })).await
}

async fn invite(owner: &Browser, email: &str, role: &str) -> Value {
    owner.post("/v1/invitations", &invitation(email, role)).await.ok(201)
}

async fn an_invitation_is_good_once_and_at_its_tenant(site: &Site) {
    let server = with_mail(site).await;
    let owner = Browser::demo(&server, "kita", "owner").await;
    let (kita, nordhafen) = (Browser::at(&server, "kita"), Browser::at(&server, "nordhafen"));
    let email = "mara@people.example";
    let member = invite(&owner, email, "operator").await;
    assert_eq!((&member["state"], &member["role"]), (&"invited".into(), &"operator".into()));
    let first = token_for(site, email);
    let mut mara = kita.clone();
    mara.try_sign_in(email, "a password of Mara").await.refused(401, "sign_in_refused");

    // Another link ends the first one.
    invite(&owner, email, "analyst").await;
    let token = token_for(site, email);
    let unknown = accept(&kita, &"x".repeat(43), "a password of Mara").await;
    unknown.refused(404, "invitation_missing");
    for (at, token) in [(&kita, &first), (&nordhafen, &token), (&kita, &String::new())] {
        assert_eq!(accept(at, token, "a password of Mara").await.alike(), unknown.alike());
    }
    accept(&kita, &token, "too short").await.refused_field("field_invalid", "password");
    let accepted = accept(&kita, &token, "a password of Mara").await.ok(200);
    assert_eq!((&accepted["id"], &accepted["state"]), (&member["id"], &"active".into()));
    assert_eq!(accept(&kita, &token, "a password of Mara").await.alike(), unknown.alike());

    mara.sign_in(email, "a password of Mara").await.ok(200);
    mara.get("/v1/payments").await.ok(200);
    mara.post("/v1/customers", &json!({ "name": "x" })).await.refused(403, "permission_denied");
    nordhafen.try_sign_in(email, "a password of Mara").await.refused(401, "sign_in_refused");
    let twice = owner.post("/v1/invitations", &invitation(email, "owner")).await;
    twice.refused(409, "member_exists");
    assert_eq!(mara.get("/v1/me").await.ok(200)["id"], member["id"]);
}

/// Al Noor invites the address of an auditor of Kita: that gives nobody the auditor's account.
async fn an_invitation_takes_over_no_account(site: &Site) {
    let server = with_mail(site).await;
    let owner = Browser::demo(&server, "alnoor", "owner").await;
    let (kita, alnoor) = (Browser::at(&server, "kita"), Browser::at(&server, "alnoor"));
    let email = "auditor@ledgerwise.example";
    invite(&owner, email, "analyst").await;
    let token = token_for(site, email);
    accept(&alnoor, &token, "chosen by Eve now").await.refused(401, "sign_in_refused");
    kita.try_sign_in(email, "chosen by Eve now").await.refused(401, "sign_in_refused");
    let mut victim = kita.clone();
    victim.sign_in(email, PASSWORD).await.ok(200);
    // With the account's own password there are two memberships, each with its own rights.
    accept(&alnoor, &token, PASSWORD).await.ok(200);
    let mut second = alnoor.clone();
    second.sign_in(email, PASSWORD).await.ok(200);
    second.get("/v1/members").await.refused(403, "permission_denied");
    victim.get("/v1/members").await.ok(200);
    let moved = victim.moved_to(&server, "alnoor");
    moved.get("/v1/me").await.refused(403, "tenant_mismatch");
}

/// P2: active and invited count, and many at the same time get no seat too many.
async fn the_user_limit_is_kept(site: &Site) {
    let server = with_mail(site).await;
    let owner = Browser::demo(&server, "riverside", "owner").await;
    let full = owner.post("/v1/invitations", &invitation("new@people.example", "analyst")).await;
    full.refused(409, "user_limit_reached");
    let seats = "members WHERE state <> 'removed' AND email LIKE '%@riverside.example'";
    assert_eq!(site.rows_where(seats).await, 10);
    let list = owner.get("/v1/members?limit=100").await.ok(200);
    let operators: Vec<_> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|member| member["role"] == "operator")
        .collect();
    for operator in &operators[..3] {
        owner
            .delete(&format!("/v1/members/{}", operator["id"].as_str().expect("an id")))
            .await
            .ok(200);
    }
    let invitations = (0..8).map(|number| {
        let owner = owner.clone();
        async move {
            let email = format!("new{number}@riverside.example");
            owner.post("/v1/invitations", &invitation(&email, "analyst")).await.status
        }
    });
    let mut statuses = Vec::new();
    let tasks: Vec<_> = invitations.map(tokio::spawn).collect();
    for task in tasks {
        statuses.push(task.await.expect("no panic"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 409, 409, 409, 409, 409]);
    assert_eq!(site.rows_where(seats).await, 10);
    // A plan without a limit has none.
    let kita = Browser::demo(&server, "kita", "owner").await;
    for number in 0..5 {
        invite(&kita, &format!("more{number}@kita.example"), "analyst").await;
    }
}
