//! Each strategy by each state of its source: one table, for the chain here and over HTTP in
//! `edge`.

use http::request::Builder;
use tenancy_core::{ErrorKind, TenantStatus};

use super::strategy::Strategy;
use super::world::{World, get, resolve};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Good,
    Absent,
    Malformed,
    /// Names one tenant while another strategy names another.
    Contradicting,
    Unknown,
    /// Names a suspended tenant.
    Suspended,
    /// Names a closed tenant.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    North,
    Nobody,
    Refused(ErrorKind),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) strategy: Strategy,
    pub(crate) source: Source,
}

impl Case {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        const SOURCES: [Source; 7] = [
            Source::Good,
            Source::Absent,
            Source::Malformed,
            Source::Contradicting,
            Source::Unknown,
            Source::Suspended,
            Source::Closed,
        ];
        Strategy::ALL
            .into_iter()
            .flat_map(|strategy| SOURCES.map(|source| Self { strategy, source }))
    }

    /// Those whose request may be sent to any route.
    pub(crate) fn of_headers() -> impl Iterator<Item = Self> {
        Self::all().filter(|case| case.strategy != Strategy::Path)
    }

    pub(crate) fn request(self, world: &World) -> Builder {
        let Self { strategy, source } = self;
        let request = get();
        match source {
            Source::Good => strategy.naming(world, &world.north, request),
            Source::Absent => request,
            Source::Malformed => strategy.malformed(request),
            Source::Contradicting => {
                let other = match strategy {
                    Strategy::KeyHeader => Strategy::Subdomain,
                    _ => Strategy::KeyHeader,
                };
                let request = strategy.naming(world, &world.north, request);
                other.naming(world, &world.south, request)
            }
            Source::Unknown => strategy.unknown(world, request),
            Source::Suspended => strategy.naming(world, &world.frozen, request),
            Source::Closed => strategy.naming(world, &world.gone, request),
        }
    }

    /// What `TenantLayer` makes of it.
    pub(crate) fn outcome(self) -> Outcome {
        use Strategy::{
            Domain, Envelope, Header, Jwt, KeyBearer, KeyHeader, Path, Session, Subdomain,
        };
        match (self.source, self.strategy) {
            (Source::Good, _) => Outcome::North,
            // A browser keeps cookies that lead nowhere any more.
            (Source::Absent, _)
            | (Source::Malformed | Source::Unknown | Source::Closed, Session) => Outcome::Nobody,
            (Source::Contradicting, _) => Outcome::Refused(ErrorKind::TenantMismatch),
            (Source::Suspended, _) => Outcome::Refused(ErrorKind::TenantSuspended),
            (Source::Malformed, Jwt | KeyBearer | KeyHeader | Envelope)
            | (Source::Unknown | Source::Closed, KeyBearer | KeyHeader) => {
                Outcome::Refused(ErrorKind::CredentialInvalid)
            }
            (Source::Malformed, Header | Subdomain | Domain | Path)
            | (
                Source::Unknown | Source::Closed,
                Jwt | Envelope | Header | Subdomain | Domain | Path,
            ) => Outcome::Refused(ErrorKind::TenantUnknown),
        }
    }
}

#[tokio::test]
async fn every_strategy_in_every_state() {
    let world = World::new();
    for (chain, case) in [world.chain(), world.reversed_chain()]
        .iter()
        .flat_map(|chain| Case::all().map(move |case| (chain, case)))
    {
        let found = resolve(chain, case.request(&world)).await;
        match (case.outcome(), found) {
            (Outcome::North, Ok(Some(found))) => {
                assert_eq!(found.tenant().id(), world.north.id, "{case:?}");
                assert_eq!(found.via(), case.strategy.via(), "{case:?}");
                assert_eq!(found.trust(), case.strategy.trust(), "{case:?}");
                assert_eq!(found.actor().is_some(), case.strategy.is_credential(), "{case:?}");
            }
            (Outcome::Nobody, Ok(None)) => {}
            // The chain finds whom the layer then refuses.
            (Outcome::Refused(ErrorKind::TenantSuspended), Ok(Some(found))) => {
                assert_eq!(found.tenant().id(), world.frozen.id, "{case:?}");
                assert_eq!(found.tenant().status(), TenantStatus::Suspended, "{case:?}");
            }
            (Outcome::Refused(kind), Err(error)) => assert_eq!(error.kind(), kind, "{case:?}"),
            (expected, found) => panic!("{case:?}: {found:?} instead of {expected:?}"),
        }
    }
}
