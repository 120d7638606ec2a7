//! Attempts through foreign keys: a row of one tenant that refers to a row of the other.

use tenancy_core::Error;

use super::cast::{Cast, place};
use super::finding::{Finding, Gravity, Hand};
use super::report::Report;
use super::stage::{Pair, Stage};
use crate::repository::Verb;

/// Tries every foreign key of a table.
pub(super) async fn attempt(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    casts: &[Cast<'_>],
    pair: Pair,
) -> Result<(), Error> {
    for link in &cast.references {
        let Some(parent) = casts.iter().find(|it| it.table.name() == link.table.name()) else {
            continue;
        };
        let theirs = parent.row_of(stage, pair.victim);
        let mut row = cast.spares_of(stage, pair.attacker)[0].clone();
        let mut points_there = false;
        for (own, other) in &link.columns {
            if *own != cast.table.tenant() && !theirs[*other].is_null() {
                row[*own].clone_from(&theirs[*other]);
                points_there = true;
            }
        }
        if !points_there {
            continue;
        }
        let mut tx = stage.db.tenant(pair.attacker);
        let answer = cast.verbs.run(&mut tx, Verb::Insert, &row).await;
        tx.rollback().await?;
        let tenant = cast.table.columns()[cast.table.tenant()].name();
        let other = link.table.columns()[link.table.tenant()].name();
        report.attempt(answer.is_ok().then(|| {
            Finding::new(
                Gravity::Leak,
                Hand::Database,
                place(&cast.table),
                format!("by its foreign key {:?} a row refers to another tenant's", link.name),
                format!(
                    "make it FOREIGN KEY ({tenant}, …) REFERENCES {} ({other}, …)",
                    link.table.name()
                ),
            )
        }));
    }
    Ok(())
}
