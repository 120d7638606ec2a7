//! Customers of two banks: changed only as they were seen, deleted, and brought back.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Client, Site, on_both_stacks};
use crate::http::token;

on_both_stacks!(
    a_change_is_of_what_was_seen,
    what_is_deleted_comes_back,
    fields_that_make_no_sense_change_nothing,
);

const NOBODYS: &str = "/v1/customers/cus_01k8p0g2v7e9h9qk3x5t7w1zra";

async fn made(bank: &Client, name: &str) -> (String, Value) {
    let new = json!({ "name": name, "email": "a@customers.example", "phone": "+1 555 0100" });
    let made = bank.post("/v1/customers", &new).await.ok(201);
    (format!("/v1/customers/{}", made["id"].as_str().expect("an id")), made)
}

async fn a_change_is_of_what_was_seen(site: &Site) {
    let server = site.serve(&["--jwt-secret", token::SECRET]).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    for (bank, slug, other) in [(&riverside, "riverside", &kita), (&kita, "kita", &riverside)] {
        let (path, new) = made(bank, "Ada Brooks").await;
        assert_eq!((&new["phone"], &new["changed_at"]), (&json!("+1 555 0100"), &Value::Null));
        let seen = bank.get(&path).await;
        assert_eq!(seen.ok(200), new);
        let tag = seen.header("etag").to_owned();
        let change = |bank: &Client, path: &str, tag: Option<&str>, body: Value| {
            let request = bank.request(Method::PATCH, path).json(&body);
            tag.into_iter().fold(request, |request, tag| request.header("if-match", tag))
        };
        let phone = json!({ "phone": "+1 555 0199" });
        let changed = bank.send(change(bank, &path, Some(&tag), phone.clone())).await;
        assert_eq!(changed.ok(200)["phone"], "+1 555 0199");
        assert_eq!(changed.ok(200)["email"], "a@customers.example", "what is not named stays");
        assert!(changed.ok(200)["changed_at"].is_string());
        assert_ne!(changed.header("etag"), tag);

        // Whoever has seen the one before changes, and deletes, nothing.
        let late = bank.send(change(bank, &path, Some(&tag), json!({ "name": "late" }))).await;
        late.refused(412, "precondition_failed");
        let delete = bank.request(Method::DELETE, &path).header("if-match", &tag);
        bank.send(delete).await.refused(412, "precondition_failed");
        let torn = bank.send(change(bank, &path, Some("3"), json!({ "name": "torn" }))).await;
        torn.refused(400, "precondition_invalid");
        // Who does not care takes any; null takes away.
        let gone = bank.send(change(bank, &path, None, json!({ "email": null }))).await.ok(200);
        assert_eq!((&gone["email"], &gone["name"]), (&Value::Null, &json!("Ada Brooks")));

        // Another bank's customer is nobody's, whatever its version.
        for tag in [None, Some("\"3\""), Some("\"9\"")] {
            let foreign = other.send(change(other, &path, tag, phone.clone())).await;
            let random = other.send(change(other, NOBODYS, tag, phone.clone())).await;
            foreign.refused(404, "resource_missing");
            assert_eq!(foreign.body, random.body);
        }
        for role in ["auditor", "finance_approver"] {
            let reader = token::in_role(bank, slug, role).await;
            reader.get(&path).await.ok(200);
            let refused = reader.send(change(&reader, &path, None, phone.clone())).await;
            refused.refused(403, "permission_denied");
        }
        assert_eq!(bank.get(&path).await.ok(200)["phone"], "+1 555 0199");
    }
}

async fn what_is_deleted_comes_back(site: &Site) {
    let server = site.serve(&["--jwt-secret", token::SECRET]).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let (mine, _) = made(&riverside, "Ada Brooks").await;
    let (theirs, _) = made(&kita, "Kenta Mori").await;
    let delete =
        async |bank: &Client, path: &str| bank.send(bank.request(Method::DELETE, path)).await;
    delete(&kita, &mine).await.refused(404, "resource_missing");
    kita.post(&format!("{mine}/restore"), &json!({})).await.refused(404, "resource_missing");
    let auditor = token::in_role(&riverside, "riverside", "auditor").await;
    delete(&auditor, &mine).await.refused(403, "permission_denied");

    let restore = format!("{mine}/restore");
    riverside.post(&restore, &json!({})).await.refused(404, "resource_missing");
    assert_eq!(delete(&riverside, &mine).await.status, 204);
    delete(&riverside, &mine).await.refused(404, "resource_missing");
    riverside.get(&mine).await.refused(404, "resource_missing");
    let listed = riverside.get("/v1/customers?limit=100").await.ok(200);
    let id = mine.rsplit('/').next().expect("an id");
    assert!(!listed.to_string().contains(id), "it is in no list");
    // Nor is it one that pays.
    let order = json!({ "amount": 100, "currency": "USD", "customer": id });
    riverside.pay("gone", &order).await.refused(422, "customer_missing");
    kita.post(&restore, &json!({})).await.refused(404, "resource_missing");
    auditor.post(&restore, &json!({})).await.refused(403, "permission_denied");

    assert_eq!(riverside.post(&restore, &json!({})).await.ok(200)["name"], "Ada Brooks");
    riverside.get(&mine).await.ok(200);
    kita.get(&theirs).await.ok(200);
    kita.get(&mine).await.refused(404, "resource_missing");
}

async fn fields_that_make_no_sense_change_nothing(site: &Site) {
    let server = site.serve(&[]).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let (path, made) = made(&bank, "Ada Brooks").await;
        for (body, param) in [
            (json!({ "name": null }), "name"),
            (json!({ "name": "" }), "name"),
            (json!({ "email": "nobody" }), "email"),
            (json!({ "phone": "call me" }), "phone"),
            (json!({ "phone": 7 }), "phone"),
            (json!({ "version": 1 }), "version"),
        ] {
            let answer = bank.send(bank.request(Method::PATCH, &path).json(&body)).await;
            answer.refused_field("field_invalid", param);
        }
        assert_eq!(bank.get(&path).await.ok(200), made);
    }
}
