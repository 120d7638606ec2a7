//! How fast sources may send, whether they can sign or not.

use std::net::IpAddr;
use std::num::NonZeroU32;

use kit::inbound::SourceId;
use tenancy_core::limit::{Limit, LimitName, SlidingLog};
use tenancy_core::{Problem, TenantId};

use crate::app::App;

/// How many requests of an address are looked at in a minute: anybody can send some.
const PER_ADDRESS: NonZeroU32 = NonZeroU32::new(1_200).expect("it is not zero");

/// How many requests that a source has signed are taken in a minute.
const PER_SOURCE: NonZeroU32 = NonZeroU32::new(600).expect("it is not zero");

/// The same for all sources of a tenant together.
const PER_TENANT: NonZeroU32 = NonZeroU32::new(1_800).expect("it is not zero");

const ADDRESS: LimitName = LimitName::from_static("inbound_address");
const SOURCE: LimitName = LimitName::from_static("inbound_source");
const TENANT: LimitName = LimitName::from_static("inbound");

/// Admits a request before anything of it is looked at.
///
/// # Errors
///
/// 429 `rate_limited`.
pub(super) async fn of_address(
    app: &App,
    tenant: TenantId,
    from: Option<IpAddr>,
) -> Result<(), Problem> {
    let limit = Limit::new(ADDRESS, SlidingLog::per_minute(PER_ADDRESS));
    admit(app, tenant, &[limit.for_subject(network(from))]).await
}

/// Admits what a source has signed. Who cannot sign takes nothing from who can.
///
/// # Errors
///
/// 429 `rate_limited`.
pub(super) async fn of_source(
    app: &App,
    tenant: TenantId,
    source: SourceId,
) -> Result<(), Problem> {
    let of_source = Limit::new(SOURCE, SlidingLog::per_minute(PER_SOURCE));
    let of_tenant = Limit::new(TENANT, SlidingLog::per_minute(PER_TENANT));
    let limits = [of_source.for_subject(source.uuid().as_bytes()), of_tenant];
    admit(app, tenant, &limits).await
}

async fn admit(app: &App, tenant: TenantId, limits: &[Limit]) -> Result<(), Problem> {
    let decision = app.limiter().check(tenant, limits, NonZeroU32::MIN).await?;
    if decision.is_allowed() {
        return Ok(());
    }
    let refused = Problem::new(429, "rate_limited", "Too many requests");
    Err(match decision.retry_after() {
        Some(wait) => refused.with_retry_after(wait),
        None => refused,
    })
}

/// An address, as far as one sender has it: of IPv6 a sender has as many as he likes.
fn network(from: Option<IpAddr>) -> Vec<u8> {
    match from {
        None => Vec::new(),
        Some(IpAddr::V4(from)) => from.octets().to_vec(),
        Some(IpAddr::V6(from)) => from.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_one_network() {
        let of = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
