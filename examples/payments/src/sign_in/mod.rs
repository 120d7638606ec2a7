//! Signing in and out.
//!
//! A session is good at one tenant, for as long as somebody works with it and for twelve hours at
//! most. Its cookie is kept nowhere but in the browser. Whoever has a second factor has no session
//! before it was shown.

mod end;
mod forget;
mod keep;
mod login;
mod reset;
pub(crate) mod routes;
mod second_factor;
mod session;
mod throttle;

pub(crate) use end::end_all;
use end::end_everywhere;
pub(crate) use forget::forget_member;
pub(crate) use keep::keep;
pub(crate) use reset::PasswordReset;
pub(crate) use second_factor::{Challenge, KeptCode, SecondFactor};
pub(crate) use session::{SignIn, has_session};
pub(crate) use throttle::Throttle;
