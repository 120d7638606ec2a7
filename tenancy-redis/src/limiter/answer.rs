use std::time::Duration;

use tenancy_core::limit::step::{Reading, Refusal};

use super::asked::Asked;
use crate::failure::{Cause, Failure};

/// What the script says to one call.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) granted: u32,
    pub(super) readings: Vec<Reading>,
}

/// Reads the reply to a batch: one number and four for each limit, call by call. What is no
/// number says why a call was not decided.
pub(super) fn answers(
    reply: &[Option<i64>],
    batch: &[Asked],
) -> Result<Vec<Result<Answer, Failure>>, Failure> {
    let expected: usize = batch.iter().map(|asked| 1 + 4 * asked.limits).sum();
    if reply.len() != expected {
        return Err(Failure::Refused(Cause::new("an answer of another length")));
    }
    let mut rest = reply;
    let next = |asked: &Asked| {
        let (first, others) = rest.split_at(1 + 4 * asked.limits);
        rest = others;
        answer(first)
    };
    Ok(batch.iter().map(next).collect())
}

fn answer(numbers: &[Option<i64>]) -> Result<Answer, Failure> {
    let unexpected = || Failure::Refused(Cause::new("an answer of another shape"));
    let (granted, readings) = numbers.split_first().ok_or_else(unexpected)?;
    let Some(granted) = granted else {
        return Err(Failure::Refused(Cause::new("a key of a limit holds something else")));
    };
    let readings = readings.chunks_exact(4).map(|four| reading(four).ok_or_else(unexpected));
    Ok(Answer {
        granted: u32::try_from(*granted).map_err(|_| unexpected())?,
        readings: readings.collect::<Result<_, _>>()?,
    })
}

fn reading(four: &[Option<i64>]) -> Option<Reading> {
    let &[Some(remaining), Some(more_after), Some(reset_after), Some(wait)] = four else {
        return None;
    };
    let duration = |micros| u64::try_from(micros).ok().map(Duration::from_micros);
    Some(Reading {
        remaining: u32::try_from(remaining).ok()?,
        more_after: duration(more_after)?,
        reset_after: duration(reset_after)?,
        refusal: match wait {
            -1 => None,
            -2 => Some(Refusal::Never),
            wait => Some(Refusal::Wait(duration(wait)?)),
        },
    })
}
