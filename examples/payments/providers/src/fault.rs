use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

/// What a server is told to do wrong: of one operation or all, for one account or all, so many
/// times or until it is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Such as `payment_intents.create`; without it, all operations.
    #[serde(default)]
    pub(crate) operation: Option<String>,
    /// The API key whose calls it meets; without it, those of all.
    #[serde(default)]
    pub(crate) account: Option<String>,
    /// How many calls it meets; without it, all that come.
    #[serde(default)]
    pub(crate) times: Option<u32>,
    pub(crate) does: Misdeed,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Misdeed {
    /// Waits so many milliseconds, then does the work.
    Slow(u64),
    /// Does the work and never answers.
    Hang,
    /// Neither does the work nor answers.
    Lose,
    /// Answers with this status and does nothing.
    Fail(#[serde(with = "status")] StatusCode),
    /// Does the work and answers with this status.
    FailAfter(#[serde(with = "status")] StatusCode),
    /// Does it for so many units more, or fewer, than it was asked.
    Differ(i64),
    /// Refuses with this code.
    Decline(String),
    /// Says that it will say later.
    Delay,
}

/// How a piece of work is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Twist {
    pub(crate) more: i64,
    pub(crate) decline: Option<String>,
    pub(crate) delay: bool,
}

/// What comes before a piece of work, and after it.
#[derive(Debug, Default)]
pub(crate) struct Course {
    pub(crate) wait: Duration,
    pub(crate) instead: Option<Instead>,
    pub(crate) twist: Twist,
    pub(crate) after: Option<Instead>,
}

/// What is answered in place of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    Nothing,
    Status(StatusCode),
}

/// All that a server is told.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.all().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.all().clear();
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.all().clone()
    }

    /// Takes what meets a call: each fault that names it, once.
    pub(crate) fn meet(&self, operation: &str, account: &str) -> Course {
        let mut course = Course::default();
        self.all().retain_mut(|fault| {
            if !fault.is_of(operation, account) {
                return true;
            }
            course.take(&fault.does);
            fault.times = fault.times.map(|times| times.saturating_sub(1));
            fault.times != Some(0)
        });
        course
    }

    fn all(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

impl Fault {
    fn is_of(&self, operation: &str, account: &str) -> bool {
        self.operation.as_deref().is_none_or(|named| named == operation)
            && self.account.as_deref().is_none_or(|named| named == account)
    }
}

impl Course {
    fn take(&mut self, misdeed: &Misdeed) {
        match misdeed {
            Misdeed::Slow(millis) => self.wait += Duration::from_millis(*millis),
            Misdeed::Hang => self.after = Some(Instead::Nothing),
            Misdeed::Lose => self.instead = Some(Instead::Nothing),
            Misdeed::Fail(status) => self.instead = Some(Instead::Status(*status)),
            Misdeed::FailAfter(status) => self.after = Some(Instead::Status(*status)),
            Misdeed::Differ(more) => self.twist.more += more,
            Misdeed::Decline(code) => self.twist.decline = Some(code.clone()),
            Misdeed::Delay => self.twist.delay = true,
        }
    }
}

mod status {
    use http::StatusCode;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like this")]
    pub(super) fn serialize<S: Serializer>(code: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u16(code.as_u16())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StatusCode, D::Error> {
        let code = u16::deserialize(from)?;
        StatusCode::from_u16(code).map_err(|_| de::Error::custom("a status is expected"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(all: serde_json::Value) -> Faults {
        Faults(Mutex::new(serde_json::from_value(all).unwrap()))
    }

    #[test]
    fn a_fault_meets_whom_it_names_so_often_as_it_says() {
        let faults = faults(json!([
            { "operation": "pay", "account": "one", "times": 2, "does": "hang" },
            { "does": { "slow": 5 } },
        ]));
        for (operation, account, hangs) in [
            ("pay", "two", false),
            ("refund", "one", false),
            ("pay", "one", true),
            ("pay", "one", true),
            ("pay", "one", false),
        ] {
            let course = faults.meet(operation, account);
            assert_eq!(course.after == Some(Instead::Nothing), hangs, "{operation} {account}");
            assert_eq!(course.wait, Duration::from_millis(5), "the other one stays");
        }
        assert_eq!(faults.list().len(), 1);
        faults.clear();
        assert!(faults.meet("pay", "one").wait.is_zero());
    }

    #[test]
    fn several_faults_meet_one_call() {
        let faults = faults(json!([
            { "does": { "differ": -1 } },
            { "does": { "differ": -2 } },
            { "does": { "decline": "lost_card" } },
            { "does": { "fail_after": 502 } },
        ]));
        let course = faults.meet("pay", "one");
        assert_eq!((course.twist.more, course.twist.decline.as_deref()), (-3, Some("lost_card")));
        assert_eq!(course.after, Some(Instead::Status(StatusCode::BAD_GATEWAY)));
        assert!(serde_json::from_value::<Fault>(json!({ "does": { "fail": 42 } })).is_err());
    }
}
