//! Taking money that is reserved, at once or in parts.

mod capture;
mod record;
mod resolve;
pub(crate) mod routes;
mod take;

pub(crate) use capture::{Capture, CaptureState, CaptureView};
pub(crate) use record::post;
pub(crate) use record::record;
pub(super) use take::{Capturing, ask_again, take};
