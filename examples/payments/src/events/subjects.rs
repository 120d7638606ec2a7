use std::borrow::Cow;

use kit::events::Subject;

use crate::payments::captures::{Capture, CaptureState, CaptureView};
use crate::payments::refunds::{Refund, RefundState, RefundView};
use crate::payments::{Payment, PaymentState, PaymentView};

impl Subject for Payment {
    type View = PaymentView;

    fn event_kind(&self) -> Cow<'static, str> {
        match self.state {
            PaymentState::RequiresConfirmation if self.version == 1 => "payment.created".into(),
            state => format!("payment.{}", state.as_str()).into(),
        }
    }

    fn event_view(&self) -> PaymentView {
        self.clone().into()
    }
}

impl Subject for Capture {
    type View = CaptureView;

    fn event_kind(&self) -> Cow<'static, str> {
        match self.state {
            CaptureState::Processing => "capture.created",
            CaptureState::Conflicted => "capture.conflicted",
            CaptureState::Succeeded => "capture.succeeded",
            CaptureState::Failed => "capture.failed",
        }
        .into()
    }

    fn event_view(&self) -> CaptureView {
        self.clone().into()
    }
}

impl Subject for Refund {
    type View = RefundView;

    fn event_kind(&self) -> Cow<'static, str> {
        match self.state {
            RefundState::Pending => "refund.created",
            RefundState::Conflicted => "refund.conflicted",
            RefundState::Succeeded => "refund.succeeded",
            RefundState::Failed => "refund.failed",
        }
        .into()
    }

    fn event_view(&self) -> RefundView {
        self.clone().into()
    }
}
