// The programs in the documents compile and run, with the tests of documentation.

#[doc = include_str!("../../README.md")]
struct Readme;

#[doc = include_str!("../../docs/isolation.md")]
struct Isolation;

#[doc = include_str!("../../docs/resolution.md")]
struct Resolution;

#[doc = include_str!("../../docs/limits.md")]
struct Limits;

#[doc = include_str!("../../docs/leases.md")]
struct Leases;

#[doc = include_str!("../../docs/running.md")]
struct Running;

#[doc = include_str!("../../docs/access.md")]
struct Access;

#[doc = include_str!("../../docs/jobs.md")]
struct Jobs;

#[doc = include_str!("../../docs/audit.md")]
struct Audit;

#[doc = include_str!("../../docs/caching.md")]
struct Caching;

#[doc = include_str!("../../docs/usage.md")]
struct Usage;

#[doc = include_str!("../../docs/threat-model.md")]
struct ThreatModel;
