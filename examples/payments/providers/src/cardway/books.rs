use std::collections::HashMap;

use super::answer::Answer;
use super::form::Form;
use super::intent::Intent;
use super::refund::Refund;

/// What an account has here.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) intents: Vec<Intent>,
    pub(super) refunds: Vec<Refund>,
    answered: HashMap<String, (String, Form, Answer)>,
}

impl Books {
    /// Does the work of an idempotency key once; later it is answered as it was.
    pub(super) fn once(
        &mut self,
        key: Option<&str>,
        path: &str,
        form: &Form,
        work: impl FnOnce(&mut Self) -> Answer,
    ) -> Answer {
        let Some(key) = key else { return work(self) };
        if let Some((asked, of, answer)) = self.answered.get(key) {
            return if asked == path && of == form { answer.clone() } else { Answer::reused() };
        }
        let answer = work(self);
        self.answered.insert(key.to_owned(), (path.to_owned(), form.clone(), answer.clone()));
        answer
    }

    pub(super) fn intent(&mut self, id: &str) -> Option<&mut Intent> {
        self.intents.iter_mut().find(|intent| intent.id == id)
    }
}
