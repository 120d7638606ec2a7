//! How the database learns the tenant, and what start-up refuses.

mod none;
mod pgbouncer;
mod session;
mod session_left;

use tenancy_core::{Error, ErrorKind};

fn assert_refused<T>(result: Result<T, Error>, says: &str) {
    let Err(error) = result else { panic!("it must be refused: {says}") };
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
    assert!(error.message().contains(says), "{}", error.message());
    assert!(!format!("{error:?}").contains("127.0.0.1"), "no address: {error:?}");
}
