//! People: an account on the platform, and its membership at each tenant.
//!
//! An account has one password wherever it is a member; what it may do is the member's role at
//! that one tenant.

mod account;
mod capabilities;
mod desk;
mod halt;
mod home;
mod invitation;
pub(crate) mod invite;
mod member;
mod remove;
mod roster;
pub(crate) mod routes;

pub(crate) use account::Account;
pub(crate) use capabilities::CAPABILITIES;
pub(crate) use desk::Desk;
pub(crate) use halt::{Halt, again};
pub(crate) use home::HomeTenant;
pub(crate) use invitation::{Invitation, TokenHash};
pub(crate) use member::{Member, MemberState, MemberView};
pub(crate) use roster::Roster;
