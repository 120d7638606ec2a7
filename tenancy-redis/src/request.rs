//! What is sent to Redis, and what comes back.

use redis::{Arg, Cmd, Value};

use crate::failure::{Cause, Failure};
use crate::scripts::Script;
use crate::slot::Slot;

/// A command, or a call of a script.
pub(crate) struct Request {
    command: Cmd,
    script: Option<&'static Script>,
    /// How many keys it has; they come first.
    keys: usize,
    wants_all_kept: bool,
}

impl Request {
    /// Begins a command; its [keys](Self::key) follow, then the other arguments.
    pub(crate) fn command(name: &str) -> Self {
        Self { command: redis::cmd(name), script: None, keys: 0, wants_all_kept: false }
    }

    /// Begins a call; `keys` keys follow, then the arguments.
    pub(crate) fn call(script: &'static Script, keys: usize) -> Self {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&script.sha).arg(keys);
        Self { command, script: Some(script), keys, wants_all_kept: false }
    }

    /// Adds a key of a command.
    pub(crate) fn key(&mut self, key: impl redis::ToRedisArgs) -> &mut Self {
        self.keys += 1;
        self.arg(key)
    }

    pub(crate) fn arg(&mut self, arg: impl redis::ToRedisArgs) -> &mut Self {
        self.command.arg(arg);
        self
    }

    /// Sends it only to a server that evicts no key when it is full.
    pub(crate) fn only_where_all_is_kept(&mut self) -> &mut Self {
        self.wants_all_kept = true;
        self
    }

    pub(crate) const fn wants_all_kept(&self) -> bool {
        self.wants_all_kept
    }

    /// Returns the slot of all keys, `None` when it has none.
    ///
    /// # Errors
    ///
    /// When they are of different slots: no server of a cluster has them all.
    pub(crate) fn slot(&self) -> Result<Option<Slot>, Failure> {
        // Behind the command's name, or behind the script's and the number of keys.
        let before = if self.script.is_some() { 3 } else { 1 };
        let mut found = None;
        for key in self.command.args_iter().skip(before).take(self.keys) {
            let Arg::Simple(key) = key else { continue };
            let slot = Slot::of(key);
            if found.replace(slot).is_some_and(|other| other != slot) {
                return Err(Failure::Refused(Cause::new("keys of more than one slot")));
            }
        }
        Ok(found)
    }

    pub(crate) const fn as_command(&self) -> &Cmd {
        &self.command
    }

    pub(crate) const fn script(&self) -> Option<&'static Script> {
        self.script
    }

    pub(crate) fn with_text_of(&self, script: &Script) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(script.text);
        // Behind the command's name and the script's.
        for arg in self.command.args_iter().skip(2) {
            if let Arg::Simple(bytes) = arg {
                command.arg(bytes);
            }
        }
        command
    }
}

/// An answer that is no error.
pub(crate) struct Reply(Value);

impl Reply {
    pub(crate) const fn new(value: Value) -> Self {
        Self(value)
    }

    pub(crate) fn integer(self) -> Result<i64, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    pub(crate) fn integers(self) -> Result<Vec<i64>, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    /// Reads numbers, with `None` where there is something else.
    pub(crate) fn numbers(self) -> Result<Vec<Option<i64>>, Failure> {
        let Value::Array(values) = self.0 else {
            return Err(Failure::Refused(Cause::new("an answer of another shape")));
        };
        let number = |value| if let Value::Int(number) = value { Some(number) } else { None };
        Ok(values.into_iter().map(number).collect())
    }

    pub(crate) fn bytes(self) -> Result<Vec<u8>, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    pub(crate) fn text(self) -> Result<String, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    /// Reads the values of keys, of which some may not be there.
    pub(crate) fn values(self) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    pub(crate) fn pairs(self) -> Result<Vec<(String, i64)>, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }
}

fn unexpected(_: &redis::ParsingError) -> Failure {
    Failure::Refused(Cause::new("an answer of another shape"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripts;

    #[test]
    fn a_request_has_one_slot_or_is_refused() {
        let (here, there) = ("tn:{a}:s", "tn:{b}:s");
        let mut call = Request::call(&scripts::LIMITS, 2);
        call.arg(here).arg("tn:{a}:l:x:{b}").arg(there);
        assert_eq!(call.slot().expect("one"), Some(Slot::of(b"a")));
        let mut call = Request::call(&scripts::LIMITS, 2);
        call.arg(here).arg(there);
        assert!(matches!(call.slot(), Err(Failure::Refused(_))));
        let mut command = Request::command("MGET");
        command.key(there).key(there).arg(here);
        assert_eq!(command.slot().expect("one"), Some(Slot::of(b"b")));
        assert_eq!(Request::command("PING").slot().expect("none"), None);
    }
}
