//! A chain shows what was done to it.

use tenancy_core::audit::{
    AuditAction, AuditEvent, AuditHash, AuditParty, ChainBreak, ChainFault, ChainHead,
    ChainVerifier, ChainedEvent,
};
use tenancy_core::{ActorKind, Clock as _, ErrorKind, ManualClock, TenantId};

use crate::contract::audit::full;
use crate::harness::two_tenants;

fn event(tenant: TenantId) -> AuditEvent {
    let at = ManualClock::at_unix(1_800_000_000).now();
    full(AuditEvent::new(tenant, AuditAction::DATA_READ, at))
}

fn chain(tenant: TenantId, length: usize) -> Vec<ChainedEvent> {
    let mut entries: Vec<ChainedEvent> = Vec::new();
    for _ in 0..length {
        let head = entries.last().map_or_else(|| ChainHead::genesis(tenant), ChainedEvent::head);
        entries.push(head.link(event(tenant)).unwrap());
    }
    entries
}

fn check(tenant: TenantId, entries: &[ChainedEvent]) -> Result<ChainHead, ChainBreak> {
    check_with(ChainVerifier::new(tenant), entries)
}

fn check_with(
    mut verifier: ChainVerifier,
    entries: &[ChainedEvent],
) -> Result<ChainHead, ChainBreak> {
    entries.iter().try_for_each(|entry| verifier.follow(entry))?;
    verifier.finish()
}

fn broken(sequence: u64, fault: ChainFault) -> Result<ChainHead, ChainBreak> {
    Err(ChainBreak { sequence, fault })
}

#[test]
fn what_was_done_to_a_chain_shows() {
    let (a, b) = two_tenants();
    let (entries, others) = (chain(a, 6), chain(b, 6));
    assert_eq!(check(a, &entries), Ok(entries[5].head()));
    assert_eq!(check(a, &[]), Ok(ChainHead::genesis(a)));

    let without = |at: usize| [&entries[..at], &entries[at + 1..]].concat();
    assert_eq!(check(a, &without(0)), broken(1, ChainFault::Missing));
    assert_eq!(check(a, &without(3)), broken(4, ChainFault::Missing));
    let mut swapped = entries.clone();
    swapped.swap(2, 3);
    assert_eq!(check(a, &swapped), broken(3, ChainFault::Missing));
    let twice = [&entries[..3], &entries[2..]].concat();
    assert_eq!(check(a, &twice), broken(4, ChainFault::Misplaced));
    // Another tenant's entry at the right place, and the whole of another tenant's chain.
    let mut mixed = entries.clone();
    mixed[2] = others[2].clone();
    assert_eq!(check(a, &mixed), broken(3, ChainFault::Foreign));
    assert_eq!(check(b, &entries), broken(1, ChainFault::Foreign));
    // A good entry of another history: it is as it was hashed, and hangs on nothing.
    let mut forged = entries.clone();
    forged[2] = chain(a, 3)[2].clone();
    assert_eq!(check(a, &forged), broken(3, ChainFault::Unlinked));

    // At the end only a kept head shows it.
    assert!(check(a, &entries[..4]).is_ok());
    let kept = || ChainVerifier::new(a).expecting(entries[4].head());
    assert_eq!(check_with(kept(), &entries[..4]), broken(5, ChainFault::Truncated));
    assert!(check_with(kept(), &entries).is_ok());
    // Somebody computed everything anew.
    assert_eq!(check_with(kept(), &chain(a, 6)), broken(5, ChainFault::Replaced));
}

#[test]
fn every_part_of_an_entry_is_hashed() {
    let (a, b) = two_tenants();
    let entries = chain(a, 3);
    let entry = &entries[1];
    let event = entry.event().clone();
    let other = AuditParty::new(ActorKind::User, "other");
    let later = event.at() + std::time::Duration::from_micros(1);
    let moved = AuditEvent::new(a, AuditAction::DATA_READ, later);
    let altered = [
        event.clone().with_id(uuid::Uuid::now_v7()),
        full(moved).with_id(event.id()),
        full(AuditEvent::new(a, AuditAction::RESOLVED, event.at())).with_id(event.id()),
        full(AuditEvent::new(b, AuditAction::DATA_READ, event.at())).with_id(event.id()),
        event.clone().with_outcome(tenancy_core::audit::AuditOutcome::Succeeded),
        event.clone().with_actor(other.clone()),
        event.clone().with_on_behalf_of(other.clone()),
        event
            .clone()
            .with_resource(tenancy_core::audit::AuditResource::new("patient", "file:17:a")),
        event.clone().with_owner(other),
        event.clone().with_client_addr("192.0.2.1".parse().unwrap()),
        event.clone().with_request_id(tenancy_core::RequestId::generate()),
        event.clone().with_times(4.try_into().unwrap()),
        event.clone().with_change("more", None, None),
        event.clone().with_detail("via", "jwu"),
        event.clone().with_detail("more", ""),
        event.clone().with_omitted(0),
    ];
    for (at, altered) in altered.into_iter().enumerate() {
        assert_ne!(altered, event, "{at}");
        let forged =
            ChainedEvent::from_parts(entry.sequence(), entry.previous(), entry.hash(), altered);
        let found = check(a, &[entries[0].clone(), forged, entries[2].clone()]);
        assert_eq!(found.unwrap_err().sequence, 2, "{at}");
    }
    let zero = AuditHash::from_bytes([0; 32]);
    for (previous, hash) in [(zero, entry.hash()), (entry.previous(), zero)] {
        let forged = ChainedEvent::from_parts(2, previous, hash, event.clone());
        assert_eq!(check(a, &[entries[0].clone(), forged]), broken(2, ChainFault::Altered));
    }
    let moved = ChainedEvent::from_parts(1, entry.previous(), entry.hash(), event);
    assert_eq!(check(a, &[moved]), broken(1, ChainFault::Altered));
}

#[test]
fn text_that_flows_into_the_next_field_is_another_event() {
    let (a, _) = two_tenants();
    let at = ManualClock::at_unix(1_800_000_000).now();
    let plain = AuditEvent::new(a, AuditAction::DATA_READ, at);
    let head = ChainHead::genesis(a);
    let hash = |event: AuditEvent| head.link(event).unwrap().hash();
    let pairs = [
        [plain.clone().with_detail("ab", "c"), plain.clone().with_detail("a", "bc")],
        [
            plain.clone().with_change("f", Some("x"), None),
            plain.clone().with_change("f", None, Some("x")),
        ],
        [
            plain.clone().with_actor(AuditParty::user("x")),
            plain.clone().with_owner(AuditParty::user("x")),
        ],
        [
            plain.clone().with_change("f", None, None),
            plain.clone().with_change("f", Some(""), None),
        ],
    ];
    for [one, other] in pairs {
        assert_ne!(hash(one), hash(other));
    }
}

/// The encoding is kept: chains that were written by an older version stay whole.
#[test]
fn a_hash_stays_what_it_was() {
    let tenant: TenantId = "0190a5c6-0000-7000-8000-000000000001".parse().unwrap();
    let at = ManualClock::at_unix(1_800_000_000).now();
    let event = full(AuditEvent::new(tenant, AuditAction::DATA_READ, at))
        .with_id("0190a5c6-0000-7000-8000-0000000000ff".parse().unwrap());
    let first = ChainHead::genesis(tenant).link(event).unwrap();
    assert_eq!(
        [first.previous().to_string(), first.hash().to_string()],
        [
            "cc2c465683475ab458b3727adab391e02d28bc9562c662c6e1417f5e3fc554bd",
            "d2a2fb17597a38b82f99917b688f27014264e56456a17e7a4be0ae79684128a0",
        ]
    );
}

#[test]
fn an_event_of_another_tenant_is_not_linked() {
    let (a, b) = two_tenants();
    for (head, event) in [(ChainHead::genesis(a), event(b)), (chain(b, 2)[1].head(), event(a))] {
        assert_eq!(head.link(event).unwrap_err().kind(), ErrorKind::ForeignTenant);
    }
    let platform = ChainHead::genesis(TenantId::PLATFORM);
    assert!(platform.link(event(TenantId::PLATFORM)).is_ok());
    assert_ne!(platform.hash(), ChainHead::genesis(a).hash());
}
