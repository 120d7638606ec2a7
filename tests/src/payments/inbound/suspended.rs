//! A suspended bank asks for nothing, and its providers are heard.

use serde_json::json;

use super::{SECRET, Source, event, send, silent};
use crate::harness::{Site, on_both_stacks};
use crate::payments::MOVABLE;

on_both_stacks!(a_suspended_bank_still_hears_of_its_money);

/// PJ10.1: a suspended bank takes no requests of its own, and providers are heard.
async fn a_suspended_bank_still_hears_of_its_money(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    let nobody = "/inbound/lakeshore/src_01k8p0g2v7e9h9qk3x5t7w1zra";
    server.client("lakeshore").get("/v1/payments").await.refused(403, "tenant_suspended");
    let heard = send(&server, nobody, Vec::new(), b"{}".to_vec()).await;
    heard.refused(404, "resource_missing");
    let open =
        send(&server, &nobody.replace("lakeshore", "kita"), Vec::new(), b"{}".to_vec()).await;
    assert_eq!(heard.alike(), open.alike());
    let unknown = send(&server, "/inbound/nobody/src_x", Vec::new(), b"{}".to_vec()).await;
    assert_eq!(unknown.status, 404, "{unknown:?}");

    // One that is suspended while its money is under way.
    let mut under_way = Vec::new();
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let source = Source::make(&bank, slug, "standard_webhooks", SECRET).await;
        let (_, attempt) = silent(&bank, "under-way").await;
        under_way.push((source, attempt));
    }
    let entries = site.rows("journal_entries").await;
    server.stop().await;
    let suspend = "UPDATE tenancy_tenants SET status = 'suspended' WHERE slug = 'riverside'";
    site.try_run(suspend).await.expect("it is the owner");
    let server = site.serve(&MOVABLE).await;
    server.client("riverside").get("/v1/payments").await.refused(403, "tenant_suspended");
    for (source, attempt) in &under_way {
        let said = event("evt_1", attempt, "succeeded", 10_000);
        let taken = source.say(&server, &said).await.ok(200);
        assert_eq!(taken, json!({ "accepted": 1, "duplicates": 0 }));
    }
    crate::harness::eventually("both payments are written down", async || {
        site.rows("journal_entries").await == entries + 2
    })
    .await;
}
