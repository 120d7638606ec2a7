//! A new password for whoever has lost the old one.
//!
//! A link goes by mail to the address of the account, and is good once, for half an hour, at the
//! tenant where it was asked for, as long as the password stays the same. It changes no second
//! factor.

mod ask;
mod complete;
mod password_reset;
pub(super) mod routes;

pub(crate) use password_reset::PasswordReset;
