//! Attempts of injected SQL that names the other tenant, which sealed binding stops.

use sqlx::{Executor as _, Row as _};
use tenancy_core::Error;

use super::cast::{Cast, place};
use super::finding::{Finding, Gravity, Hand};
use super::report::Report;
use super::stage::{Pair, Stage, tenant_column, text};
use crate::ident::quote;

/// Sets the victim, in each way there is, on the connection that the handle lends.
pub(super) async fn attempt(
    report: &mut Report,
    stage: &Stage,
    cast: &Cast<'_>,
    pair: Pair,
) -> Result<(), Error> {
    if !stage.db.is_sealed() {
        return Ok(());
    }
    let (victim, t) = (pair.victim, quote(cast.table.name()));
    let look = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {t} WHERE {} = '{victim}' LIMIT 1) s",
        tenant_column(&cast.table)
    );
    let sets = [
        ("SET LOCAL", format!("SET LOCAL tenancy.tenant_id = '{victim}'")),
        ("SET", format!("SET tenancy.tenant_id = '{victim}'")),
        ("set_config", format!("SELECT set_config('tenancy.tenant_id', '{victim}', true)")),
        ("RESET", "RESET tenancy.tenant_id".to_owned()),
        ("SET row_security", "SET LOCAL row_security = off".to_owned()),
        ("RESET ROLE", format!("RESET ROLE; SET LOCAL tenancy.tenant_id = '{victim}'")),
        ("a new transaction", format!("COMMIT; BEGIN; SET LOCAL tenancy.tenant_id = '{victim}'")),
    ];
    for (way, set) in sets {
        let mut tx = stage.db.tenant(pair.attacker);
        let connection = tx.executor().await?;
        let set = connection.execute(sqlx::raw_sql(text(set))).await;
        let seen = match set {
            Ok(_) => connection.fetch_all(sqlx::raw_sql(text(look.clone()))).await,
            Err(error) => Err(error),
        };
        // What was set outside of a transaction must reach nobody else.
        drop(tx);
        let count = seen.ok().and_then(|rows| rows.first()?.try_get::<i64, _>(0).ok());
        report.attempt(count.is_some_and(|count| count > 0).then(|| {
            Finding::new(
                Gravity::Leak,
                Hand::Database,
                place(&cast.table),
                format!("injected SQL reads another tenant's rows by {way}"),
                "the policies must ask tenancy.current_tenant(): run TenantDb::migrate with \
                 .sealed(key) as the owner of the tables",
            )
        }));
    }
    Ok(())
}
