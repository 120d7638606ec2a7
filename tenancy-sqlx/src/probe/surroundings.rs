//! What the database's catalogue says: the role, the guard of each table, keys, and what stands
//! beside the tables.

use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, Table, ToValue as _};
use tenancy_core::{Error, TenantId};

use super::cast::{Link, place};
use super::finding::{Finding, Gravity, Hand};
use super::report::{ROLE, Report};
use super::stage::{Stage, read_count, text};
use crate::backend::{Access, Backend, Connection};
use crate::fault::Fault;
use crate::keys::{self, Keys};
use crate::{rls, seal};

const DOING: &str = "inspect what stands beside the tables";

/// Looks at everything that is not a matter of one attempt.
pub(super) async fn inspect(report: &mut Report, stage: &Stage) -> Result<(), Error> {
    let weakness = |place: String, fault: Fault| {
        Finding::new(Gravity::Weakness, Hand::Database, place, fault.what, fault.remedy)
    };
    for tenant in stage.tenants {
        let mut connection = stage.begin(tenant, None, Access::ReadOnly).await?;
        let faults = rls::faults(&stage.db, &mut connection).await?;
        report.find(faults.into_iter().map(|(table, fault)| {
            let place = table.as_ref().map_or_else(|| ROLE.to_owned(), place);
            weakness(place, fault)
        }));
        let tables = stage.db.registry().tables();
        for table in &tables {
            let keys = Keys::of(&mut connection, stage.backend(), table).await?;
            let fault = keys::fault(table, &keys, &tables);
            report.find(fault.map(|fault| weakness(place(table), fault)));
        }
        connection.rollback().await?;
        if stage.seats().is_shared() {
            break;
        }
    }
    if stage.is_guarded() {
        return inspect_postgres(report, stage).await;
    }
    let guard = match stage.backend() {
        Backend::Postgres => "by Binding::None the database is not told the tenant".to_owned(),
        backend => format!("{} has no guard of its own", backend.name()),
    };
    report.note(format!("{guard}: SQL that goes around the library is stopped by nothing"));
    Ok(())
}

/// Returns the foreign keys of a table that lead to registered ones.
pub(super) async fn references(stage: &Stage, table: &Table) -> Result<Vec<Link>, Error> {
    let tables = stage.db.registry().tables();
    let mut connection = stage.begin(stage.tenants[0], None, Access::ReadOnly).await?;
    let keys = Keys::of(&mut connection, stage.backend(), table).await?;
    connection.rollback().await?;
    Ok(keys.references.iter().filter_map(|it| Link::of(table, it, &tables)).collect())
}

async fn inspect_postgres(report: &mut Report, stage: &Stage) -> Result<(), Error> {
    match &stage.db.options_in_use().seal {
        Some(key) => {
            let sealed = seal::verify(&stage.db, key).await;
            report.find(sealed.err().map(|error| {
                let (what, remedy) = error.message().split_once(": ").unwrap_or_default();
                Finding::new(Gravity::Weakness, Hand::Database, "the seal", what, remedy)
            }));
        }
        None => report.note(
            "binding is not sealed: injected SQL that sets tenancy.tenant_id reads as that tenant: \
             bind values, never format them; TenantDbOptions::sealed closes it",
        ),
    }
    let [one, _] = stage.tenants;
    let tables = stage.db.registry().tables();
    let mut connection = stage.begin(one, None, Access::ReadOnly).await?;
    let emptied = may_empty(&mut connection, &tables).await?;
    let views = views(&mut connection, &tables).await?;
    let functions = functions(&mut connection, stage, &tables).await?;
    connection.rollback().await?;
    if !emptied.is_empty() {
        report.note(format!(
            "the role may TRUNCATE {}, which no policy covers: let a service run as another role \
             than the owner of the tables (TenantDb::grant_to)",
            emptied.join(", "),
        ));
    }
    report.find(functions);
    for view in views {
        report.find(view.fault());
        for pair in stage.pairs() {
            let Some(sql) = view.foreign_rows() else { continue };
            let shown = count(stage, pair.attacker, sql).await;
            report.attempt(matches!(shown, Ok(1..)).then(|| view.leak()));
        }
    }
    Ok(())
}

/// Looks at a connection outside of any transaction: what somebody has left there.
pub(super) async fn inspect_bare_connection(
    report: &mut Report,
    stage: &Stage,
) -> Result<(), Error> {
    if !stage.is_guarded() {
        return Ok(());
    }
    let [one, _] = stage.tenants;
    let Some(pools) = stage.seats().pools(one) else { return Ok(()) };
    let setting = pools.setting_at_rest().await?;
    report.attempt((!setting.unwrap_or_default().is_empty()).then(|| {
        Finding::new(
            Gravity::Leak,
            Hand::Connection,
            "the connection",
            "a connection names a tenant before anybody did, so that SQL outside of the library's \
             transactions works for it",
            "take tenancy.tenant_id out of ALTER ROLE … SET, ALTER DATABASE … SET, the options of \
             the URL and every SET without LOCAL; behind a pooler in transaction mode a SET stays \
             for the next client",
        )
    }));
    Ok(())
}

/// A view, and what is known of it.
struct View {
    name: String,
    keeps_rows: bool,
    steps_around: bool,
    tenant: Option<String>,
}

impl View {
    fn place(&self) -> String {
        format!("the view {}", self.name)
    }

    fn fault(&self) -> Option<Finding> {
        let (what, remedy) = if self.keeps_rows {
            (
                "it keeps rows of its own, which no policy covers",
                "REVOKE SELECT on it from the role of the service, or replace it by a table with a \
                 registered entity",
            )
        } else if self.steps_around {
            (
                "it works with the rights of its owner, whom row-level security does not bind",
                "ALTER VIEW … SET (security_invoker = true)",
            )
        } else {
            return None;
        };
        let remedy = remedy.replace('…', &self.name);
        Some(Finding::new(Gravity::Weakness, Hand::Database, self.place(), what, remedy))
    }

    /// Counts rows that are not the tenant's in `$1`.
    fn foreign_rows(&self) -> Option<String> {
        let Self { name, tenant, .. } = self;
        let tenant = tenant.as_ref()?;
        Some(format!("SELECT count(*) FROM (SELECT 1 FROM {name} WHERE {tenant} <> $1 LIMIT 1) s"))
    }

    fn leak(&self) -> Finding {
        let what = "it shows another tenant's row";
        let remedy = self.fault().map_or_else(
            || "give it security_invoker, and look at what it is made of".to_owned(),
            |fault| fault.remedy,
        );
        Finding::new(Gravity::Leak, Hand::Database, self.place(), what, remedy)
    }
}

async fn views(connection: &mut Connection, tables: &[Table]) -> Result<Vec<View>, Error> {
    let columns: Vec<_> =
        tables.iter().map(|table| table.columns()[table.tenant()].name()).collect();
    let values = vec![names(tables).to_value(), columns.join(",").to_value()];
    let read = |row: &mut dyn Row| {
        Ok(View {
            name: String::from_value(row.take(0, Kind::Text)?)?,
            keeps_rows: bool::from_value(row.take(1, Kind::Bool)?)?,
            steps_around: bool::from_value(row.take(2, Kind::Bool)?)?,
            tenant: <Option<String>>::from_value(row.take(3, Kind::Text)?)?,
        })
    };
    connection.fetch(DOING, include_str!("views.sql").into_sql_str(), values, read).await
}

async fn functions(
    connection: &mut Connection,
    stage: &Stage,
    tables: &[Table],
) -> Result<Vec<Finding>, Error> {
    let allowed = stage.db.scoper().allowed_functions().join(",");
    let schema = stage.db.options_in_use().schema;
    let values = vec![names(tables).to_value(), allowed.to_value(), schema.to_value()];
    let read = |row: &mut dyn Row| {
        let place = format!("the function {}", String::from_value(row.take(0, Kind::Text)?)?);
        let (what, remedy) = if bool::from_value(row.take(1, Kind::Bool)?)? {
            (
                "it works with the rights of its owner, whom row-level security does not bind, and \
                 names a table of tenants",
                "make it SECURITY INVOKER, or REVOKE EXECUTE on it from PUBLIC and the role of the \
                 service",
            )
        } else {
            (
                "statements may call it, and it may read tables",
                "declare it IMMUTABLE and SECURITY INVOKER if its result depends on its arguments \
                 alone, or take it out of TenantDbOptions::allow_function",
            )
        };
        Ok(Finding::new(Gravity::Weakness, Hand::Database, place, what, remedy))
    };
    connection.fetch(DOING, include_str!("functions.sql").into_sql_str(), values, read).await
}

/// Returns the tables that the role may empty.
async fn may_empty(connection: &mut Connection, tables: &[Table]) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM unnest(string_to_array($1, ',')) AS name
               WHERE has_table_privilege(to_regclass(quote_ident(name)), 'TRUNCATE') ORDER BY 1";
    let read = |row: &mut dyn Row| String::from_value(row.take(0, Kind::Text)?);
    connection.fetch(DOING, sql.into_sql_str(), vec![names(tables).to_value()], read).await
}

fn names(tables: &[Table]) -> String {
    let names: Vec<_> = tables.iter().map(Table::name).collect();
    names.join(",")
}

/// Runs a count that takes the tenant.
async fn count(stage: &Stage, tenant: TenantId, sql: String) -> Result<i64, Error> {
    let mut connection = stage.begin(tenant, Some(tenant), Access::ReadOnly).await?;
    let counts = connection.fetch(DOING, text(sql), vec![tenant.to_value()], read_count).await;
    connection.rollback().await?;
    Ok(counts?.first().copied().unwrap_or_default())
}
