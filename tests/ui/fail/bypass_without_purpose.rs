use std::time::Duration;

use tenancy_core::{Actor, ActorKind, BypassAuthority};

struct Reports;

async fn anything(authority: &BypassAuthority) {
    let actor = Actor::new(ActorKind::System, "job");
    let _ = authority.grant::<Reports>(actor, "because I want to", Duration::from_mins(1)).await;
}

fn main() {}
