//! Every route asks for the permission that its description names, and for no other.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use super::token::{self, SECRET};
use super::{UNLIMITED, one_euro};
use crate::harness::{Answer, Client, Server, Site, Stack, on_both_stacks};

/// What everybody with a credential may do, whatever it is good for.
const FOR_EVERYBODY: [&str; 10] = [
    "/v1/permissions",
    "/v1/roles",
    "/v1/me",
    "/v1/auth/logout",
    "/v1/auth/logout-all",
    "/v1/auth/second-factor",
    "/v1/auth/second-factor/confirm",
    "/v1/auth/second-factor/disable",
    "/v1/auth/second-factor/recovery-codes",
    "/v1/auth/token",
];
/// What a route asks for in some cases, beside its own permission.
const IN_SOME_CASES: [&str; 1] = ["owners:manage"];

on_both_stacks!(roles_may_do_what_the_table_says);

async fn with_tokens(site: &Site) -> Server {
    site.serve(&[UNLIMITED[0], UNLIMITED[1], "--jwt-secret", SECRET]).await
}

/// A route of the API, as its description tells.
struct Operation {
    method: Method,
    path: String,
    permission: Option<String>,
}

impl Operation {
    /// All those of tenants.
    async fn all(server: &Server) -> Vec<Self> {
        let api = server.stranger().get("/openapi.json").await.json();
        let mut all = Vec::new();
        for (path, methods) in api["paths"].as_object().expect("paths") {
            let of_tenants = path.starts_with("/v1/");
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                let is_open = operation["security"] == json!([{}]);
                if of_tenants && !is_open {
                    let permission = operation["security"][0]["bearer"][0].as_str();
                    let permission = permission.map(ToOwned::to_owned);
                    all.push(Self { method, path: path.clone(), permission });
                }
            }
        }
        assert!(all.len() > 15, "the description lists the routes");
        all
    }

    async fn ask(&self, bank: &Client) -> Answer {
        let path = self.path.split('/').map(|part| match part {
            part if part.starts_with('{') => "pay_01k8p0g2v7e9h9qk3x5t7w1zra",
            part => part,
        });
        let path = path.collect::<Vec<_>>().join("/");
        let request = bank.request(self.method.clone(), &path);
        if self.method == Method::GET {
            return bank.send(request).await;
        }
        bank.send(request.header("idempotency-key", "a key").json(&json!({}))).await
    }
}

fn is_denied(answer: &Answer) -> bool {
    answer.status == 403 && answer.json()["code"] == "permission_denied"
}

async fn permissions(bank: &Client) -> Vec<String> {
    let all = bank.get("/v1/permissions").await.ok(200);
    let name = |found: &Value| found["name"].as_str().expect("a name").to_owned();
    all.as_array().expect("a list").iter().map(name).collect()
}

/// Who has all permissions but that one is refused; who has that one alone is not.
#[tokio::test]
async fn each_route_asks_for_the_permission_it_names() {
    let site = Site::create(Stack::Embedded).await;
    let server = with_tokens(&site).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let all = permissions(&riverside).await;
    assert_eq!(all, permissions(&kita).await);
    let mut asked = BTreeSet::new();
    for operation in Operation::all(&server).await {
        let Operation { method, path, permission } = &operation;
        operation.ask(&server.stranger()).await.refused(400, "tenant_required");
        let Some(permission) = permission else {
            assert!(FOR_EVERYBODY.contains(&path.as_str()), "{method} {path} names no permission");
            continue;
        };
        assert!(all.contains(permission), "{permission} is not declared");
        asked.insert(permission.clone());
        let others: Vec<_> = all.iter().filter(|other| *other != permission).collect();
        for (slug, bank) in [("riverside", &riverside), ("kita", &kita)] {
            let without = bank.with_credential(&token::scoped(slug, &others));
            let answer = operation.ask(&without).await;
            assert!(is_denied(&answer), "{method} {path} asks for no permission: {answer:?}");
            let with = bank.with_credential(&token::scoped(slug, &[permission]));
            let answer = operation.ask(&with).await;
            assert!(!is_denied(&answer), "{method} {path}: {answer:?}");
            assert!(answer.status < 500, "{method} {path}: {answer:?}");
        }
    }
    let is_unused =
        |name: &&String| !asked.contains(*name) && !IN_SOME_CASES.contains(&name.as_str());
    let unused: Vec<_> = all.iter().filter(is_unused).collect();
    assert!(unused.is_empty(), "no route asks for {unused:?}");
}

/// A token that is good for nothing opens nothing, and another tenant's rights are no rights.
#[tokio::test]
async fn rights_at_one_tenant_are_none_at_another() {
    let site = Site::create(Stack::Embedded).await;
    let server = with_tokens(&site).await;
    let riverside = server.client("riverside");
    let all = permissions(&riverside).await;
    for words in ["", "nothing:at-all", "payments:*", "*:*", "payments:view-all", "PAYMENTS:VIEW"] {
        let nothing = riverside.with_credential(&token::scoped("riverside", &[words]));
        nothing.get("/v1/payments").await.refused(403, "permission_denied");
        nothing.pay("a", &one_euro()).await.refused(403, "permission_denied");
    }
    let of_kita = server.client("kita").with_credential(&token::scoped("kita", &all));
    let request = of_kita.request(Method::GET, "/v1/payments").header("x-tenant-id", "riverside");
    of_kita.send(request).await.refused(403, "tenant_mismatch");
}

async fn roles_may_do_what_the_table_says(site: &Site) {
    let server = with_tokens(site).await;
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        let role = async |name| token::in_role(&bank, slug, name).await;
        let made = role("operator").await.pay("made", &one_euro()).await.ok(201);
        let path = format!("/v1/payments/{}", made["id"].as_str().expect("an id"));
        let refund = json!({ "payment": made["id"], "amount": 1 });
        for name in ["analyst", "auditor", "developer", "finance_approver", "support"] {
            let staff = role(name).await;
            assert_eq!(staff.get(&path).await.ok(200), made);
            staff.pay("made", &one_euro()).await.refused(403, "permission_denied");
            let give_back = staff.request(Method::POST, "/v1/refunds").json(&refund);
            let give_back = give_back.header("idempotency-key", name);
            staff.send(give_back).await.refused(403, "permission_denied");
        }
        role("developer").await.get("/v1/customers").await.refused(403, "permission_denied");
        role("operator").await.get("/v1/ledger/entries").await.refused(403, "permission_denied");
        assert_eq!(bank.get(&path).await.ok(200), made);
    }
}
