//! What the platform's page of all tenants is made of.

use http::Method;
use serde_json::{Value, json};

use super::{Desk, serve, soon};
use crate::harness::{Site, eventually, on_both_stacks};
use crate::people::Browser;

on_both_stacks!(each_tenants_use_stands_beside_its_limit);

fn of<'a>(page: &'a Value, slug: &str) -> &'a Value {
    let rows = page["data"].as_array().expect("a list");
    rows.iter().find(|row| row["slug"] == slug).expect("it is there")
}

async fn each_tenants_use_stands_beside_its_limit(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let riverside = Browser::demo(&server, "riverside", "owner").await;
    let kita = Browser::demo(&server, "kita", "owner").await;
    let tenant = server.tenant("riverside").id();
    let limits = json!({ "overrides": { "limits": { "transactions": 2 } } });
    admin.patch(&format!("/platform/v1/tenants/{tenant}"), &limits).await.ok(200);
    let order = json!({
        "amount": 100, "currency": "USD", "confirm": true, "payment_method": "pm_card",
    });
    let pay = async |bank: &Browser, key: &str| {
        let request = bank.request(Method::POST, "/v1/payments").header("idempotency-key", key);
        bank.send(request.json(&order)).await.status
    };
    assert_eq!(pay(&riverside, "k").await, 201);
    soon("the tenant sees its limit", async || {
        let usage = riverside.get("/v1/usage").await.ok(200);
        usage["usage"].as_array().expect("a list").iter().any(|meter| {
            meter["meter"] == "transactions" && meter["limit"] == 2 && meter["percentage"] == 50.0
        })
    })
    .await;
    // PJ1.6: a crossing is counted for whoever tried.
    for _ in 0..2 {
        let crossing = riverside.request(Method::GET, "/v1/payments").header("x-tenant-id", "kita");
        assert_eq!(riverside.send(crossing).await.status, 403);
    }
    let slow = json!({ "overrides": { "requests_per_minute": 1 } });
    let other = server.tenant("kita").id();
    admin.patch(&format!("/platform/v1/tenants/{other}"), &slow).await.ok(200);
    eventually("it comes too fast", async || kita.get("/v1/payments").await.status == 429).await;

    eventually("all of it is counted", async || {
        let page = admin.get("/platform/v1/usage?limit=100").await.ok(200);
        let (one, two) = (of(&page, "riverside"), of(&page, "kita"));
        one["crossings_blocked"]["times"].as_u64() >= Some(1)
            && two["rate_limited"]["times"].as_u64() >= Some(1)
    })
    .await;
    let page = admin.get("/platform/v1/usage?limit=100").await.ok(200);
    let (one, two) = (of(&page, "riverside"), of(&page, "kita"));
    assert_eq!(
        (&two["crossings_blocked"]["times"], &two["requests_per_minute"]),
        (&0.into(), &1.into())
    );
    assert_eq!(one["rate_limited"]["times"], 0);
    let transactions = |row: &Value| {
        let meters = row["usage"].as_array().expect("a list").clone();
        meters.into_iter().find(|meter| meter["meter"] == "transactions").expect("it is counted")
    };
    assert_eq!((&transactions(one)["used"], &transactions(one)["limit"]), (&1.into(), &2.into()));
    assert_eq!(transactions(two)["used"], 0);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(5));
}
