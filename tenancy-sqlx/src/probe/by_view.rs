//! Attempts through the views that were made known with `TenantDbOptions::tenant_view`.

use tenancy_core::Error;

use super::by_sql::{judge, read};
use super::cast::Cast;
use super::finding::{Finding, Gravity, Hand};
use super::report::Report;
use super::stage::{Pair, Stage};
use crate::ident::quote;
use crate::scope::View;

const REMEDY: &str = "the column that TenantDbOptions::tenant_view names must be the tenant of every \
                      row that the view is made of";

/// Reads each view, with the victim's rows there and without them: nothing of the victim may make a
/// difference to the attacker.
pub(super) async fn attempt(
    report: &mut Report,
    stage: &Stage,
    casts: &mut [Cast<'_>],
    pair: Pair,
) -> Result<(), Error> {
    let views = stage.db.scoper().views();
    if views.is_empty() {
        return Ok(());
    }
    let mut before = Vec::new();
    for view in &views {
        let seen = look(stage, view, pair).await;
        report.attempt(judge(pair, &seen).map(|(gravity, what)| finding(view, gravity, what)));
        before.push(seen.ok().map(|rows| rows.len()));
    }
    for cast in casts.iter().rev() {
        cast.vanish(stage, pair.victim).await?;
    }
    for (view, before) in views.iter().zip(before) {
        let after = look(stage, view, pair).await.ok().map(|rows| rows.len());
        report.attempt((before != after).then(|| {
            let what = "it shows something else to a tenant when another tenant's rows are gone";
            finding(view, Gravity::Leak, what.to_owned())
        }));
    }
    for cast in casts {
        cast.appear(stage, pair.victim).await?;
    }
    Ok(())
}

async fn look(
    stage: &Stage,
    view: &View,
    pair: Pair,
) -> Result<Vec<Option<tenancy_core::TenantId>>, Error> {
    let sql = format!("SELECT v.{} FROM {} v", quote(view.column), quote(view.name));
    read(stage, pair, Hand::Together, &sql).await
}

fn finding(view: &View, gravity: Gravity, what: String) -> Finding {
    Finding::new(gravity, Hand::Predicate, format!("the view {:?}", view.name), what, REMEDY)
}
