//! What does a decision on access cost, for an actor with 10 grants and 2 forbids?
//!
//! The roles of a school, with 315 permissions. Every end is measured: permitted by the last
//! grant that is looked at, forbidden, and not granted after all of them were looked at. What
//! is done once for a request, putting the grants together, is measured beside them.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tenancy_core::access::{
    Access, Forbid, Grant, Grants, Permission, Role, RoleCatalogue, RoleName, Scope,
};
use tenancy_core::{Actor, ActorKind, Clock as _, SystemClock, TenantId};
use time::Duration;

fn catalogue() -> RoleCatalogue {
    let actions = ["view", "list", "create", "update", "delete", "approve", "publish"];
    let declared = (0..45).fold(RoleCatalogue::builder(), |builder, n| {
        builder.resource(&format!("resource{n}"), actions)
    });
    let builder = declared
        .role(Role::new("reader").may("*:view").may("*:list"))
        .role(Role::new("teacher").inherits("reader").may("resource7:*").may("resource8:*"))
        .role(Role::new("head").inherits("teacher").may("*:approve"));
    builder.build().expect("a catalogue")
}

fn scope(text: &str) -> Scope {
    text.parse().expect("a scope")
}

/// Nine classes of earlier terms, and this term's.
fn grants(tenant: TenantId, actor: &Actor) -> Grants {
    let teacher = RoleName::from_static("teacher");
    let now = SystemClock.now();
    let earlier = (0..9).map(|n| {
        let class = scope(&format!("department/science/class/{n}"));
        let grant = Grant::role(format!("grant_{n}"), teacher.clone(), class);
        grant.valid_from(now - Duration::days(90)).valid_until(now + Duration::days(90))
    });
    let class = scope("department/science/class/9a");
    let mut grants = Grants::of(tenant, actor)
        .with(Grant::role("grant_9", teacher.clone(), class).valid_until(now + Duration::days(90)))
        .with_forbid(Forbid::new("forbid_1", pattern("*:*"), scope("pupil/17")))
        .with_forbid(Forbid::new("forbid_2", pattern("resource8:*"), scope("department/science")));
    grants.extend(earlier);
    grants
}

fn pattern(text: &str) -> tenancy_core::access::PermissionPattern {
    text.parse().expect("a pattern")
}

fn access(c: &mut Criterion) {
    let (tenant, actor) = (TenantId::generate(), Actor::new(ActorKind::User, "tom"));
    let (catalogue, now) = (catalogue(), SystemClock.now());
    let build = |grants| Access::new(&catalogue, tenant, &actor, [grants]).expect("of one actor");
    let access = build(grants(tenant, &actor));
    let pupil = scope("department/science/class/9a/pupil/18");
    let mut group = c.benchmark_group("edge_access");
    group.bench_function("nothing", |b| b.iter(|| black_box(&pupil)));
    for (name, permission, end) in [
        ("permitted", "resource7:update", "permitted"),
        ("forbidden", "resource8:update", "forbidden"),
        ("not_granted", "resource9:update", "not_granted"),
    ] {
        let permission = Permission::parse(permission).expect("a permission");
        assert_eq!(access.decide(&permission, &pupil, now).as_str(), end);
        group.bench_function(name, |b| {
            b.iter(|| {
                black_box(access.decide(black_box(&permission), black_box(&pupil), black_box(now)))
                    .is_permitted()
            });
        });
    }
    let found = grants(tenant, &actor);
    group.bench_function("put_together", |b| b.iter(|| build(black_box(found.clone()))));
    group.finish();
}

criterion_group!(benches, access);
criterion_main!(benches);
