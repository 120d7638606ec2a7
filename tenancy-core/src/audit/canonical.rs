//! An event as bytes that never depend on how somebody prints it.

use std::net::IpAddr;

use super::{AuditEvent, AuditParty};

/// Goes up when a field is added; older events keep the encoding they were hashed with.
const VERSION: u8 = 1;

/// Writes an event: fields in a fixed order, each text and list behind its length in 32 bits,
/// each optional value behind a byte of 0 or 1, numbers in big-endian order.
pub(super) fn encode(event: &AuditEvent) -> Vec<u8> {
    let mut out = Encoder(Vec::with_capacity(300));
    out.0.push(VERSION);
    out.0.extend(event.id().as_bytes());
    out.0.extend(event.tenant().uuid().as_bytes());
    out.0.extend(event.at().unix_timestamp_nanos().to_be_bytes());
    out.text(event.action().as_str());
    out.text(event.outcome().as_str());
    out.party(event.actor());
    out.party(event.on_behalf_of());
    out.optional(event.resource(), |out, resource| {
        out.text(resource.kind());
        out.text(resource.id());
    });
    out.party(event.owner());
    out.optional(event.client_addr(), Encoder::address);
    out.optional(event.request_id(), |out, id| out.text(id.as_str()));
    out.0.extend(event.times().get().to_be_bytes());
    out.length(event.changes().len());
    for change in event.changes() {
        out.text(change.field());
        out.optional(change.before(), Encoder::text);
        out.optional(change.after(), Encoder::text);
    }
    out.length(event.details().len());
    for (name, value) in event.details() {
        out.text(name);
        out.text(value);
    }
    out.0.extend(event.omitted().to_be_bytes());
    out.0
}

struct Encoder(Vec<u8>);

impl Encoder {
    fn length(&mut self, length: usize) {
        let length = u32::try_from(length).expect("every part of an event is bounded");
        self.0.extend(length.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend(text.as_bytes());
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.0.push(value.is_some().into());
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn party(&mut self, party: Option<&AuditParty>) {
        self.optional(party, |out, party| {
            out.text(party.kind().as_str());
            out.text(party.id());
        });
    }

    fn address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.0.extend([&[4], &address.octets()[..]].concat()),
            IpAddr::V6(address) => self.0.extend([&[6], &address.octets()[..]].concat()),
        }
    }
}
