//! Attempts by statements without a predicate: what injected SQL would be. The database is all
//! that stands in the way.

use tenancy_core::entity::{ToValue as _, Value};
use tenancy_core::{Error, TenantId};

use super::cast::{Cast, place};
use super::finding::{Finding, Gravity, Hand};
use super::report::Report;
use super::stage::{Pair, Stage, read_count, said, tenant_column, text};
use crate::backend::{Access, Connection};
use crate::ident::quote;

const REMEDY: &str = "row-level security must be enabled and forced, with the tenant's policy and no \
                      other: run TenantDb::migrate as the table's owner, and connect as a plain role";

/// One statement, and what it may touch: nothing.
struct Statement {
    what: &'static str,
    sql: String,
    values: Vec<Value>,
}

/// Tries a table, with the database bound to the attacker.
pub(super) async fn attempt(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
) -> Result<(), Error> {
    for (what, sql, values) in reads(stage, cast, pair) {
        let bound = Some(pair.attacker);
        report.attempt(count(stage, cast, (pair.attacker, bound), what, sql, values).await?);
    }
    for statement in writes(stage, cast, pair) {
        let connection = stage.begin(pair.attacker, Some(pair.attacker), Access::ReadWrite).await?;
        let touched = touch(connection, statement.sql, statement.values).await?;
        let is_leak = matches!(touched, Ok(1..));
        report.attempt(is_leak.then(|| leak(cast, statement.what)));
    }
    // Of no tenant: a path that forgot to name one.
    let nobody = (pair.attacker, None);
    let sql = format!("SELECT count(*) FROM {}", name_in(stage, cast, pair.attacker));
    let what = "a transaction that names no tenant sees rows";
    report.attempt(count(stage, cast, nobody, what, sql, Vec::new()).await?);
    Ok(())
}

fn leak(cast: &Cast<'_>, what: &str) -> Finding {
    Finding::new(Gravity::Leak, Hand::Database, place(&cast.table), what, REMEDY)
}

/// Names the table of a tenant, with its schema.
fn name_in(stage: &Stage, cast: &Cast<'_>, tenant: TenantId) -> String {
    let schema = stage.seats().schema(tenant).unwrap_or_default();
    format!("{}.{}", quote(schema), quote(cast.table.name()))
}

fn reads(stage: &Stage, cast: &Cast<'_>, pair: Pair) -> Vec<(&'static str, String, Vec<Value>)> {
    let tenant = tenant_column(&cast.table);
    // Where each tenant has a schema, the attacker names the victim's.
    let t = name_in(stage, cast, pair.victim);
    vec![
        (
            "SELECT without a predicate shows another tenant's row",
            format!("SELECT count(*) FROM {t} WHERE {tenant} = $1"),
            vec![pair.victim.to_value()],
        ),
        (
            "a join without a predicate shows another tenant's row",
            format!(
                "SELECT count(*) FROM {t} a JOIN {t} b ON a.{tenant} = b.{tenant}
                     WHERE b.{tenant} <> $1"
            ),
            vec![pair.attacker.to_value()],
        ),
        (
            "a subquery without a predicate shows another tenant's row",
            format!(
                "SELECT count(*) FROM (SELECT {tenant} FROM {t} LIMIT 1000) s \
                     WHERE {tenant} <> $1"
            ),
            vec![pair.attacker.to_value()],
        ),
    ]
}

fn writes(stage: &Stage, cast: &Cast<'_>, pair: Pair) -> Vec<Statement> {
    let table = &cast.table;
    let (t, tenant) = (name_in(stage, cast, pair.victim), tenant_column(table));
    let key = quote(table.columns()[table.key()].name());
    let victims = cast.row_of(stage, pair.victim);
    let names: Vec<_> = table.columns().iter().map(|column| quote(column.name())).collect();
    let marks: Vec<_> = (1..=names.len()).map(|at| format!("${at}")).collect();
    let (names, marks) = (names.join(", "), marks.join(", "));
    let insert = format!("INSERT INTO {t} ({names}) VALUES ({marks})");
    let fresh = cast.spares_of(stage, pair.victim)[0].clone();
    let of_victim = || vec![pair.victim.to_value()];
    vec![
        Statement {
            what: "UPDATE without a predicate reaches another tenant's row",
            sql: format!("UPDATE {t} SET {key} = {key} WHERE {tenant} = $1"),
            values: of_victim(),
        },
        Statement {
            what: "DELETE without a predicate reaches another tenant's row",
            sql: format!("DELETE FROM {t} WHERE {tenant} = $1"),
            values: of_victim(),
        },
        Statement {
            what: "a row can be given to another tenant",
            sql: format!("UPDATE {t} SET {tenant} = $1 WHERE {tenant} = $2"),
            values: vec![pair.victim.to_value(), pair.attacker.to_value()],
        },
        Statement {
            what: "INSERT puts a row under another tenant's name",
            sql: insert.clone(),
            values: fresh,
        },
        Statement {
            what: "an upsert takes over another tenant's row",
            sql: format!(
                "{insert} ON CONFLICT ({tenant}, {key}) DO UPDATE SET {key} = excluded.{key}"
            ),
            values: victims.to_vec(),
        },
    ]
}

/// Counts what a statement shows, within a transaction that reads.
async fn count(
    stage: &Stage,
    cast: &Cast<'_>,
    (seat, bound): (TenantId, Option<TenantId>),
    what: &str,
    sql: String,
    values: Vec<Value>,
) -> Result<Option<Finding>, Error> {
    let mut connection = stage.begin(seat, bound, Access::ReadOnly).await?;
    let counts = connection.fetch("probe a statement", text(sql), values, read_count).await;
    connection.rollback().await?;
    Ok(match counts {
        Ok(counts) if counts.iter().any(|count| *count > 0) => Some(leak(cast, what)),
        Ok(_) => None,
        Err(error) if is_refused(&error) => None,
        Err(error) => Some(Finding::new(
            Gravity::NotTried,
            Hand::Database,
            place(&cast.table),
            format!("a statement without a predicate failed: {}", said(&error)),
            "run TenantDb::migrate first, and give the role its rights on the table",
        )),
    })
}

/// A role without rights on a table sees nothing there.
fn is_refused(error: &Error) -> bool {
    said(error).contains("(42501)")
}

/// Runs a statement, and takes it back whatever it did.
async fn touch(
    mut connection: Connection,
    sql: String,
    values: Vec<Value>,
) -> Result<Result<u64, Error>, Error> {
    let touched = connection.execute("probe a statement", text(sql), values).await;
    connection.rollback().await?;
    Ok(touched)
}
