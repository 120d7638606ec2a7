//! Attempts through repositories: every verb at the row of the other tenant.

use tenancy_core::entity::{ToValue as _, Value};
use tenancy_core::{Error, ErrorKind};

use super::cast::{Cast, place};
use super::finding::{Finding, Gravity, Hand};
use super::report::Report;
use super::stage::{Pair, Stage, said};
use crate::repository::{Answer, Verb};

const READS: [Verb; 7] =
    [Verb::Get, Verb::GetMany, Verb::List, Verb::Find, Verb::Exists, Verb::Count, Verb::CountWhere];

/// What a statement that was tried may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// It must fail.
    Refusal,
    /// It may fail, and must find nothing.
    Nothing,
    /// It must succeed: whether the victim's row is there is nothing that the attacker may tell.
    Success,
    /// It may do what it wants with the attacker's own rows.
    Anything,
}

/// Tries all verbs against a table.
pub(super) async fn attempt(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
    hand: Hand,
) -> Result<(), Error> {
    let own = stage.count(&cast.table, pair.attacker).await?;
    let victims = cast.row_of(stage, pair.victim).to_vec();
    for verb in READS {
        let mut tx = match hand {
            Hand::Predicate => stage.bound_to_victim(pair).await?,
            _ => stage.db.read(pair.attacker),
        };
        let answer = cast.verbs.run(&mut tx, verb, &victims).await;
        tx.rollback().await?;
        report.attempt(
            judge_read(cast, pair, verb, answer, own).map(|(gravity, what)| {
                Finding::new(gravity, hand, place(&cast.table), what, REMEDY)
            }),
        );
    }
    for (verb, row, expected) in writes(stage, cast, pair, hand) {
        let finding = write(stage, cast, pair, hand, (verb, &row, expected)).await?;
        report.attempt(finding);
    }
    Ok(())
}

const REMEDY: &str = "the predicate of the library does not hold here: please report this with the \
                      table's definition, and let no tenant use the table meanwhile";

fn judge_read(
    cast: &Cast<'_>,
    pair: Pair,
    verb: Verb,
    answer: Result<Answer, Error>,
    own: i64,
) -> Option<(Gravity, String)> {
    let leak = |what: &str| Some((Gravity::Leak, format!("{} {what}", name(verb))));
    let tenant = cast.table.tenant();
    match answer {
        Ok(Answer::Rows(rows)) => {
            let foreign = rows.iter().filter(|row| row[tenant] != pair.attacker.to_value()).count();
            let by_key = verb != Verb::List && !rows.is_empty();
            if foreign > 0 || by_key { leak("showed another tenant's row") } else { None }
        }
        Ok(Answer::Count(count)) => {
            let most = if verb == Verb::Exists { 0 } else { own };
            let is_more = i64::try_from(count).unwrap_or(i64::MAX) > most;
            if is_more { leak("counted another tenant's row") } else { None }
        }
        Ok(Answer::Written) => None,
        Err(error) if error.kind() == ErrorKind::ForeignTenant => {
            leak("met another tenant's row; the last check stopped it")
        }
        Err(error) => Some((Gravity::NotTried, format!("{} failed: {}", name(verb), said(&error)))),
    }
}

/// What is written, with which row.
fn writes(
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
    hand: Hand,
) -> Vec<(Verb, Vec<Value>, Expected)> {
    let foreign = cast.row_of(stage, pair.victim).to_vec();
    let disguised = cast.disguised(stage, pair.attacker, pair.victim);
    let mut writes: Vec<_> = [Verb::Insert, Verb::InsertMany, Verb::Upsert, Verb::Update]
        .map(|verb| (verb, foreign.clone(), Expected::Refusal))
        .into();
    writes.push((Verb::Update, disguised.clone(), Expected::Refusal));
    writes.push((Verb::Delete, disguised.clone(), Expected::Nothing));
    writes.extend(
        cast.plain_column()
            .map(|column| (Verb::Patch(column), disguised.clone(), Expected::Refusal)),
    );
    // The database works for the victim there, and refuses what the attacker writes for itself.
    let own = match hand {
        Hand::Predicate if stage.is_guarded() => Expected::Anything,
        _ => Expected::Success,
    };
    writes.push((Verb::Insert, disguised.clone(), own));
    writes.push((Verb::InsertMany, disguised.clone(), own));
    writes.push((Verb::Upsert, disguised.clone(), own));
    for rule in 0..cast.table.uniques().len() {
        writes.push((Verb::UpsertOn(rule), disguised.clone(), own));
    }
    writes
}

/// Writes for good where that succeeds, and looks what became of the victim.
async fn write(
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
    hand: Hand,
    (verb, row, expected): (Verb, &[Value], Expected),
) -> Result<Option<Finding>, Error> {
    let finding = |gravity, what: String, remedy: &str| {
        Some(Finding::new(gravity, hand, place(&cast.table), what, remedy))
    };
    let mut tx = match hand {
        Hand::Predicate => stage.bound_to_victim(pair).await?,
        _ => stage.db.tenant(pair.attacker),
    };
    let answer = cast.verbs.run(&mut tx, verb, row).await;
    match &answer {
        Ok(_) => tx.commit().await?,
        Err(_) => tx.rollback().await?,
    }
    let victims = cast.row_of(stage, pair.victim);
    let seen = stage.look(&cast.table, pair.victim, cast.key(victims)).await?;
    if cast.key(row) != cast.key(cast.row_of(stage, pair.attacker)) {
        stage.remove(&cast.table, pair.attacker, cast.key(row)).await?;
    }
    if seen.as_deref() != Some(victims) {
        return Ok(finding(
            Gravity::Leak,
            format!("{} changed another tenant's row", name(verb)),
            REMEDY,
        ));
    }
    Ok(match (expected, answer) {
        (Expected::Refusal, Ok(_)) => {
            finding(Gravity::Leak, format!("{} took a row of another tenant", name(verb)), REMEDY)
        }
        (Expected::Nothing, Ok(Answer::Count(1..))) => {
            finding(Gravity::Leak, format!("{} found another tenant's row", name(verb)), REMEDY)
        }
        (Expected::Success, Err(error)) if error.kind() == ErrorKind::Conflict => finding(
            Gravity::Leak,
            format!(
                "{} was refused because another tenant has such a row, so that it tells what the \
                 other has",
                name(verb)
            ),
            "put the tenant's column into every unique key, PRIMARY KEY included",
        ),
        (Expected::Success, Err(error)) => finding(
            Gravity::NotTried,
            format!("{} failed: {}", name(verb), said(&error)),
            "give values that the table takes twice, once for each tenant: Probe::value",
        ),
        _ => None,
    })
}

const fn name(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::GetMany => "get_many",
        Verb::List => "list",
        Verb::Find => "find",
        Verb::Exists => "exists",
        Verb::Count => "count",
        Verb::CountWhere => "count_where",
        Verb::Insert => "insert",
        Verb::InsertMany => "insert_many",
        Verb::Upsert => "upsert",
        Verb::UpsertOn(_) => "upsert_on",
        Verb::Update => "update",
        Verb::Patch(_) => "patch",
        Verb::Delete => "delete",
    }
}
