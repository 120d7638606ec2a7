//! Registering a domain of a tenant's own, such as `pay.harborbank.com`.
//!
//! Who names a domain does not own it. So a tenant publishes a token as a TXT record at
//! `_tenancy-challenge.<domain>`, and only a domain where it was found is given to the directory.
//!
//! ```
//! use tenancy_core::domain::{DomainChallenge, DomainRules, TxtLookup};
//! use tenancy_core::{async_trait, Error, Host};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Error> {
//! let rules = DomainRules::platform(["example.com"])?;
//! let challenge = DomainChallenge::generate(rules.check("Pay.Bücher.example")?)?;
//! assert_eq!(challenge.record_name(), "_tenancy-challenge.pay.xn--bcher-kva.example");
//!
//! /// What a resolver of the DNS answers; applications ask a real one.
//! struct Zone(String);
//!
//! #[async_trait]
//! impl TxtLookup for Zone {
//!     async fn txt(&self, _name: &str) -> Result<Vec<String>, Error> {
//!         Ok(vec!["v=spf1 -all".to_owned(), self.0.clone()])
//!     }
//! }
//! challenge.verify(&Zone(challenge.record_value())).await?;
//! assert!(challenge.verify(&Zone("another tenant's token".to_owned())).await.is_err());
//! # Ok(()) }
//! ```

mod challenge;
mod rules;

pub use challenge::{DomainChallenge, TxtLookup};
pub use rules::DomainRules;
