//! Signing in and out.
//!
//! A session is good at one tenant, for as long as somebody works with it and for twelve hours at
//! most. Its cookie is kept nowhere but in the browser.

mod end;
mod keep;
mod login;
mod reset;
pub(crate) mod routes;
mod session;
mod throttle;

pub(crate) use end::end_all;
use end::end_everywhere;
pub(crate) use keep::keep;
pub(crate) use reset::PasswordReset;
pub(crate) use session::SignIn;
pub(crate) use throttle::Throttle;
