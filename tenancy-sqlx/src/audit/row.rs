//! From events to rows, and back.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use tenancy_core::audit::{
    AuditAction, AuditEvent, AuditHash, AuditParty, AuditResource, ChainBreak, ChainFault,
    ChainHead, ChainedEvent,
};
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _, Value};
use tenancy_core::{Error, ErrorKind, RequestId, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

/// The columns of an event, in the order of [`KINDS`].
macro_rules! columns {
    () => {
        "tenant_id, sequence, previous, hash, id, happened_at, action, outcome, actor, \
         on_behalf_of, resource_kind, resource_id, owner, client_addr, request_id, times, \
         changes, details, omitted"
    };
}
pub(super) use columns;

pub(super) const KINDS: [Kind; 19] = [
    Kind::Uuid,
    SEQUENCE.1,
    Kind::Bytes,
    Kind::Bytes,
    Kind::Uuid,
    Kind::Time,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Int,
];

/// The place and kind of the number in the chain.
const SEQUENCE: (usize, Kind) = (1, Kind::Int);

/// Returns what is stored of an entry.
pub(super) fn values(entry: &ChainedEvent) -> Result<Vec<Value>, Error> {
    let event = entry.event();
    let party = |party: Option<&AuditParty>| party.map(AuditParty::to_string).to_value();
    Ok(vec![
        event.tenant().to_value(),
        number(entry.sequence())?,
        entry.previous().as_bytes().to_vec().to_value(),
        entry.hash().as_bytes().to_vec().to_value(),
        event.id().to_value(),
        event.at().to_value(),
        event.action().as_str().to_value(),
        event.outcome().as_str().to_value(),
        party(event.actor()),
        party(event.on_behalf_of()),
        event.resource().map(AuditResource::kind).to_value(),
        event.resource().map(AuditResource::id).to_value(),
        party(event.owner()),
        event.client_addr().map(|address| address.to_string()).to_value(),
        event.request_id().map(RequestId::as_str).to_value(),
        number(event.times().get())?,
        changes(event)?.to_value(),
        details(event)?.to_value(),
        i64::from(event.omitted()).to_value(),
    ])
}

/// Reads an entry. One that would not be stored as it is there was altered.
pub(super) fn read(row: &mut dyn Row) -> Result<Result<ChainedEvent, ChainBreak>, Error> {
    let sequence = i64::from_value(row.take(SEQUENCE.0, SEQUENCE.1)?)?;
    let sequence = u64::try_from(sequence).unwrap_or_default();
    let entry = read_values(sequence, row);
    Ok(entry.map_err(|_| ChainBreak { sequence, fault: ChainFault::Altered }))
}

/// Reads where a chain stands.
pub(super) fn head(tenant: TenantId, row: &mut dyn Row) -> Result<ChainHead, Error> {
    let sequence = unsigned(row.take(0, Kind::Int)?)?;
    Ok(ChainHead::new(tenant, sequence, hash(row.take(1, Kind::Bytes)?)?))
}

fn read_values(sequence: u64, row: &mut dyn Row) -> Result<ChainedEvent, Error> {
    let mut stored = Vec::with_capacity(KINDS.len());
    for (at, kind) in KINDS.into_iter().enumerate() {
        stored.push(if at == SEQUENCE.0 { number(sequence)? } else { row.take(at, kind)? });
    }
    let entry = entry(sequence, stored.clone())?;
    // Every byte counts: another spelling of the same event is not what was written.
    if values(&entry)? == stored { Ok(entry) } else { Err(altered()) }
}

/// A change as JSON: the field, the value before, the value after.
type StoredChange = (String, Option<String>, Option<String>);

fn entry(sequence: u64, stored: Vec<Value>) -> Result<ChainedEvent, Error> {
    let mut stored = stored.into_iter();
    let mut next = || stored.next().ok_or_else(altered);
    let tenant = tenant(next()?)?;
    next()?;
    let (previous, hash) = (hash(next()?)?, hash(next()?)?);
    let id = Uuid::from_value(next()?)?;
    let at = OffsetDateTime::from_value(next()?)?;
    let action = AuditAction::parse(&String::from_value(next()?)?)?;
    let outcome = String::from_value(next()?)?.parse()?;
    let event = AuditEvent::new(tenant, action, at).with_id(id).with_outcome(outcome);
    let event = with_people(event, &mut next)?;
    let event = with_the_rest(event, &mut next)?;
    Ok(ChainedEvent::from_parts(sequence, previous, hash, event))
}

/// Adds who did it, for whom, to what and whose.
fn with_people(
    mut event: AuditEvent,
    next: &mut impl FnMut() -> Result<Value, Error>,
) -> Result<AuditEvent, Error> {
    if let Some(actor) = party(next()?)? {
        event = event.with_actor(actor);
    }
    if let Some(principal) = party(next()?)? {
        event = event.with_on_behalf_of(principal);
    }
    if let (Some(kind), Some(id)) = (text(next()?)?, text(next()?)?) {
        event = event.with_resource(AuditResource::new(&kind, &id));
    }
    if let Some(owner) = party(next()?)? {
        event = event.with_owner(owner);
    }
    Ok(event)
}

fn with_the_rest(
    mut event: AuditEvent,
    next: &mut impl FnMut() -> Result<Value, Error>,
) -> Result<AuditEvent, Error> {
    if let Some(address) = text(next()?)? {
        event = event.with_client_addr(address.parse().map_err(|_| altered())?);
    }
    if let Some(request) = text(next()?)? {
        event = event.with_request_id(RequestId::parse(&request)?);
    }
    event = event.with_times(NonZeroU64::new(unsigned(next()?)?).ok_or_else(altered)?);
    for (field, before, after) in json::<Vec<StoredChange>>(next()?)? {
        event = event.with_change(&field, before.as_deref(), after.as_deref());
    }
    for (name, value) in json::<BTreeMap<String, String>>(next()?)? {
        event = event.with_detail(&name, &value);
    }
    let omitted = u32::try_from(unsigned(next()?)?).map_err(|_| altered())?;
    Ok(event.with_omitted(omitted))
}

fn changes(event: &AuditEvent) -> Result<String, Error> {
    let changes = event.changes().iter();
    let changes = changes.map(|change| (change.field(), change.before(), change.after()));
    to_json(&changes.collect::<Vec<_>>())
}

fn details(event: &AuditEvent) -> Result<String, Error> {
    to_json(&event.details().collect::<BTreeMap<_, _>>())
}

fn to_json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|source| {
        Error::new(ErrorKind::Internal, "write an audit event").with_source(source)
    })
}

fn json<T: for<'de> serde::Deserialize<'de>>(value: Value) -> Result<T, Error> {
    serde_json::from_str(&String::from_value(value)?).map_err(|_| altered())
}

/// The platform has events too, and no id that reads as a tenant's.
fn tenant(value: Value) -> Result<TenantId, Error> {
    let uuid = Uuid::from_value(value)?;
    if uuid.is_nil() { Ok(TenantId::PLATFORM) } else { TenantId::from_uuid(uuid) }
}

fn party(value: Value) -> Result<Option<AuditParty>, Error> {
    let Some(text) = text(value)? else { return Ok(None) };
    let (kind, id) = text.split_once(':').ok_or_else(altered)?;
    Ok(Some(AuditParty::new(kind.parse()?, id)))
}

fn text(value: Value) -> Result<Option<String>, Error> {
    Option::<String>::from_value(value)
}

fn hash(value: Value) -> Result<AuditHash, Error> {
    let bytes = Vec::<u8>::from_value(value)?;
    Ok(AuditHash::from_bytes(bytes.try_into().map_err(|_| altered())?))
}

pub(super) fn number(number: u64) -> Result<Value, Error> {
    let number = i64::try_from(number);
    number.map(|number| number.to_value()).map_err(|source| {
        Error::new(ErrorKind::Internal, "write an audit event: a number is over 63 bits")
            .with_source(source)
    })
}

fn unsigned(value: Value) -> Result<u64, Error> {
    u64::try_from(i64::from_value(value)?).map_err(|_| altered())
}

fn altered() -> Error {
    Error::new(ErrorKind::Internal, "read an audit event: it was altered")
}
