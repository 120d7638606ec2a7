//! What a caller, and the log, are told.

use tenancy_axum::{AccessLayer, TenantLayer};
use tenancy_core::access::{Forbid, Scope};

use super::desk::{Desk, ada, catalogue, denied, role, routes};
use crate::edge::answer::send;
use crate::edge::app::at;
use crate::edge::logs::Logs;

#[tokio::test]
async fn a_missing_layer_is_named_in_the_log() {
    let desk = Desk::new();
    let (world, source) = (&desk.world, desk.grants.clone());
    let without_access = routes().layer(TenantLayer::new(world.chain()));
    let without_tenant = routes().layer(AccessLayer::new(source, catalogue()));
    for path in ["/close", "/refunds/1", "/twice", "/perhaps"] {
        for (app, missing) in
            [(&without_access, "add AccessLayer"), (&without_tenant, "add TenantLayer")]
        {
            for member in [&world.north, &world.south] {
                let logs = Logs::start();
                let answer = send(app, at(path, desk.token(member))).await;
                assert_eq!(answer.told(), (500, "internal".to_owned()), "{path}");
                assert!(!answer.body.contains("Layer"), "{}", answer.body);
                assert!(logs.line_with(missing).contains("ERROR"));
            }
        }
    }
}

#[tokio::test]
async fn a_capability_that_nobody_declared_is_a_500() {
    let desk = Desk::new();
    for member in [&desk.world.north, &desk.world.south] {
        desk.grant(member, role("g1", "accountant", "tenant"));
        for path in ["/forgotten", "/forgotten_on"] {
            let logs = Logs::start();
            assert_eq!(desk.ask(member, path).await.told(), (500, "internal".to_owned()));
            assert!(
                logs.line_with("declare it in the RoleCatalogue").contains("payments:forgotten")
            );
        }
    }
}

#[tokio::test]
async fn a_role_that_is_gone_denies_and_the_log_says_so() {
    let desk = Desk::new();
    for member in [&desk.world.north, &desk.world.south] {
        desk.grant(member, role("old_grant", "janitor", "tenant"));
        let logs = Logs::start();
        assert_eq!(desk.ask(member, "/close").await.told(), denied());
        let line = logs.line_with("names what the catalogue does not have");
        assert!(line.contains("WARN") && line.contains("access.id=\"old_grant\""), "{line}");
        assert!(line.contains(&member.id.to_string()));
    }
}

#[tokio::test]
async fn the_log_says_which_grant_or_forbid_decided() {
    let desk = Desk::new();
    let forbid = Forbid::new("f1", "books:*".parse().unwrap(), Scope::TENANT);
    desk.grants.forbid(desk.world.south.id, &ada(), forbid);
    for (member, decision, by) in
        [(&desk.world.north, "permitted", "g1"), (&desk.world.south, "forbidden", "f1")]
    {
        desk.grant(member, role("g1", "accountant", "tenant"));
        let logs = Logs::start();
        let answer = desk.ask(member, "/close").await;
        let line = logs.line_with("access decided");
        for field in [
            "access.permission=books:close".to_owned(),
            format!("access.decision=\"{decision}\""),
            format!("access.decided_by=\"{by}\""),
        ] {
            assert!(line.contains(&field), "{line}");
        }
        // The caller is not told that there is a forbid.
        assert!(!answer.body.contains("f1") && !answer.body.contains("forbid"), "{}", answer.body);
    }
}
