//! Parameters of lists.

use serde_json::Value;

use super::embedded;

#[tokio::test]
async fn wrong_parameters_are_named() {
    let (_site, server) = embedded().await;
    for (query, param) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=65537", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=5&limit=5", "limit"),
        ("starting_after=", "starting_after"),
        ("starting_after=pay_", "starting_after"),
        ("starting_after=7", "starting_after"),
        ("starting_after=PAY_01k8p0g2v7e9h9qk3x5t7w1zra", "starting_after"),
        ("starting_after=cus_01k8p0g2v7e9h9qk3x5t7w1zra", "starting_after"),
        ("starting_after=%27%20OR%201=1--", "starting_after"),
        ("ending_before=pay_01k8p0g2v7e9h9qk3x5t7w1zra", "ending_before"),
        ("tenant_id=nordhafen", "tenant_id"),
        ("Limit=1", "Limit"),
    ] {
        for slug in ["riverside", "nordhafen"] {
            println!("{query}");
            let answer = server.client(slug).get(&format!("/v1/payments?{query}")).await;
            // What a caller wrote may be repeated to it, and names nobody it does not know.
            answer.refused_field("parameter_invalid", param);
        }
    }
}

/// A cursor is a place in a list, whoever's id it is: it opens nothing and tells nothing.
#[tokio::test]
async fn a_foreign_cursor_is_a_place_like_any_other() {
    let (_site, server) = embedded().await;
    let (riverside, nordhafen) = (server.client("riverside"), server.client("nordhafen"));
    let theirs = super::payments(&nordhafen).await;
    let own = super::payments(&riverside).await;
    for payment in &theirs {
        let cursor = payment["id"].as_str().expect("an id");
        let page = riverside.get(&format!("/v1/payments?limit=100&starting_after={cursor}")).await;
        let older = own.iter().filter(|own| own["id"].as_str() < Some(cursor));
        assert_eq!(page.ok(200)["data"], older.cloned().collect::<Value>());
    }
}
