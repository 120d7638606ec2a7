//! Attempts through `TenantTx::sql`: the scoper names the tenant, wherever a table stands.

use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _, Value};
use tenancy_core::{Error, ErrorKind, TenantId};

use super::cast::{Cast, place};
use super::finding::{Finding, Gravity, Hand};
use super::report::Report;
use super::stage::{Pair, Stage, said, tenant_column};
use crate::backend::Access;
use crate::ident::quote;

const REMEDY: &str = "the tenant was not added to this statement: please report it, and do not use \
                      its shape meanwhile";

/// Tries statements that name one table, and those that join it to others.
pub(super) async fn attempt(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    others: &[Cast<'_>],
    pair: Pair,
    hand: Hand,
) -> Result<(), Error> {
    for (shape, sql) in reads(cast, others) {
        let seen = read(stage, pair, hand, &sql).await;
        report.attempt(judge(pair, &seen).map(|(gravity, what)| {
            Finding::new(gravity, hand, place(&cast.table), format!("sql, {shape}: {what}"), REMEDY)
        }));
    }
    for (shape, sql, values) in writes(stage, cast, pair) {
        let what = write(stage, pair, hand, &sql, values).await?;
        report.attempt(what.map(|what| {
            let what = format!("sql, {shape}: {what}");
            Finding::new(Gravity::Leak, hand, place(&cast.table), what, REMEDY)
        }));
    }
    Ok(())
}

/// Statements that return the tenants of rows.
fn reads(cast: &Cast<'_>, others: &[Cast<'_>]) -> Vec<(String, String)> {
    let (t, tenant) = (quote(cast.table.name()), tenant_column(&cast.table));
    let key = quote(cast.table.columns()[cast.table.key()].name());
    let mut reads: Vec<_> = [
        ("SELECT", format!("SELECT a.{tenant} FROM {t} a")),
        ("WHERE … OR", format!("SELECT a.{tenant} FROM {t} a WHERE 1 = 0 OR 1 = 1")),
        ("GROUP BY", format!("SELECT a.{tenant} FROM {t} a GROUP BY a.{tenant}")),
        ("JOIN", format!("SELECT b.{tenant} FROM {t} a JOIN {t} b ON 1 = 1")),
        (
            "LEFT JOIN",
            format!("SELECT b.{tenant} FROM {t} a LEFT JOIN {t} b ON a.{key} <> b.{key}"),
        ),
        (
            "EXISTS",
            format!(
                "SELECT a.{tenant} FROM {t} a WHERE EXISTS (SELECT 1 FROM {t} b WHERE \
                 b.{key} <> a.{key})"
            ),
        ),
        (
            "IN",
            format!("SELECT a.{tenant} FROM {t} a WHERE a.{key} IN (SELECT b.{key} FROM {t} b)"),
        ),
        ("FROM (SELECT …)", format!("SELECT s.{tenant} FROM (SELECT a.{tenant} FROM {t} a) s")),
        ("WITH", format!("WITH s AS (SELECT a.{tenant} FROM {t} a) SELECT s.{tenant} FROM s")),
        (
            "UNION ALL",
            format!("SELECT a.{tenant} FROM {t} a UNION ALL SELECT b.{tenant} FROM {t} b"),
        ),
    ]
    .map(|(shape, sql)| (shape.to_owned(), sql))
    .into();
    for other in others.iter().filter(|other| other.table.name() != cast.table.name()) {
        let (u, theirs) = (quote(other.table.name()), tenant_column(&other.table));
        let sql = format!("SELECT b.{theirs} FROM {t} a LEFT JOIN {u} b ON 1 = 1");
        reads.push((format!("LEFT JOIN with {:?}", other.table.name()), sql));
    }
    reads
}

/// Statements that write, at the row of the victim or into its name.
fn writes(stage: &Stage, cast: &Cast<'_>, pair: Pair) -> Vec<(&'static str, String, Vec<Value>)> {
    let (t, tenant) = (quote(cast.table.name()), tenant_column(&cast.table));
    let victims = cast.row_of(stage, pair.victim);
    let key_column = quote(cast.table.columns()[cast.table.key()].name());
    let key = || cast.key(victims).clone();
    let own_key = cast.key(cast.row_of(stage, pair.attacker)).clone();
    let mut writes = vec![
        ("DELETE", format!("DELETE FROM {t} WHERE {key_column} = $1"), vec![key()]),
        (
            "UPDATE of the tenant",
            format!("UPDATE {t} SET {tenant} = $1 WHERE {key_column} = $2"),
            vec![pair.victim.to_value(), own_key],
        ),
    ];
    if let Some(at) = cast.plain_column() {
        let column = quote(cast.table.columns()[at].name());
        let sql = format!("UPDATE {t} SET {column} = {column} WHERE {key_column} = $1");
        writes.push(("UPDATE", sql, vec![key()]));
    }
    let names: Vec<_> = cast.table.columns().iter().map(|column| quote(column.name())).collect();
    let marks: Vec<_> = (1..=names.len()).map(|at| format!("${at}")).collect();
    let sql = format!("INSERT INTO {t} ({}) VALUES ({})", names.join(", "), marks.join(", "));
    writes.push(("INSERT", sql, victims.to_vec()));
    writes
}

/// Runs a statement and reads the tenants of its rows, without the checks of the handle.
pub(super) async fn read(
    stage: &Stage,
    pair: Pair,
    hand: Hand,
    sql: &str,
) -> Result<Vec<Option<TenantId>>, Error> {
    let (sql, values) =
        stage.db.scoper().add_tenant(stage.backend(), sql, Vec::new(), pair.attacker)?;
    let bound = if hand == Hand::Predicate { pair.victim } else { pair.attacker };
    let mut connection = stage.begin(pair.attacker, Some(bound), Access::ReadOnly).await?;
    let read = |row: &mut dyn Row| <Option<TenantId>>::from_value(row.take(0, Kind::Uuid)?);
    let seen = connection.fetch("probe a statement", sql, values, read).await?;
    connection.rollback().await?;
    Ok(seen)
}

pub(super) fn judge(
    pair: Pair,
    seen: &Result<Vec<Option<TenantId>>, Error>,
) -> Option<(Gravity, String)> {
    match seen {
        Ok(seen) if seen.iter().flatten().any(|tenant| *tenant != pair.attacker) => {
            Some((Gravity::Leak, "showed another tenant's row".to_owned()))
        }
        Ok(_) => None,
        Err(error) => Some((Gravity::NotTried, format!("it failed: {}", said(error)))),
    }
}

/// Runs a statement that is taken back, and looks at what it touched.
async fn write(
    stage: &Stage,
    pair: Pair,
    hand: Hand,
    sql: &str,
    values: Vec<Value>,
) -> Result<Option<&'static str>, Error> {
    let scoped = stage.db.scoper().add_tenant(stage.backend(), sql, values, pair.attacker);
    let (sql, values) = match scoped {
        Ok(scoped) => scoped,
        Err(error) if error.kind() == ErrorKind::Misconfigured => return Ok(None),
        Err(error) => return Err(error),
    };
    let bound = if hand == Hand::Predicate { pair.victim } else { pair.attacker };
    let mut connection = stage.begin(pair.attacker, Some(bound), Access::ReadWrite).await?;
    let touched = connection.execute("probe a statement", sql, values).await;
    connection.rollback().await?;
    Ok(match touched {
        Ok(1..) => Some("it touched a row of another tenant, or gave it one"),
        Ok(0) | Err(_) => None,
    })
}
