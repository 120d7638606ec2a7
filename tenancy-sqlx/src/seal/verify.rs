use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{Error, ErrorKind, TenantId};

use super::SealKey;
use super::install::BODY;
use crate::TenantDb;
use crate::backend::Access;

const DOING: &str = "inspect sealed binding";

const REMEDY: &str = "connect as another one than the owner: CREATE ROLE service LOGIN \
                      PASSWORD '…', and give it its rights by TenantDb::grant_to as the owner";

/// Refuses a role that could get around the seal, and a key that the database does not know.
pub(crate) async fn verify(db: &TenantDb, key: &SealKey) -> Result<(), Error> {
    let tables: Vec<_> =
        db.registry().tables().iter().map(tenancy_core::entity::Table::name).collect();
    let mut connection = db.begin_shared(Access::ReadOnly).await?;
    let sql = include_str!("verify.sql").into_sql_str();
    let values = vec![tables.join(",").to_value(), BODY.to_value()];
    let read = |row: &mut dyn Row| {
        Ok((
            bool::from_value(row.take(0, Kind::Bool)?)?,
            bool::from_value(row.take(1, Kind::Bool)?)?,
            <Option<String>>::from_value(row.take(2, Kind::Text)?)?,
            bool::from_value(row.take(3, Kind::Bool)?)?,
        ))
    };
    let rows = connection.fetch(DOING, sql, values, read).await?;
    connection.rollback().await?;
    let Some((is_installed, reads_keys, own, makes)) = rows.into_iter().next() else {
        return Err(Error::new(ErrorKind::Internal, "inspect sealed binding: no answer"));
    };
    if !is_installed {
        return Err(refuse(
            "the function tenancy.current_tenant is missing or altered: run TenantDb::migrate with \
             .sealed(key) as the owner of the tables",
        ));
    }
    if reads_keys {
        return Err(refuse(&format!("this role could read the keys, or replace them; {REMEDY}")));
    }
    if let Some(table) = own {
        return Err(refuse(&format!(
            "this role owns the table {table:?}, or could empty it or put triggers on it; {REMEDY}"
        )));
    }
    if makes {
        return Err(refuse(
            "this role could make objects in the schema of the tables, or drop those of others: \
             REVOKE CREATE ON that SCHEMA FROM it, and let another role own the schema and the \
             database",
        ));
    }
    let someone = TenantId::generate();
    let mut connection = db.begin_sealed(someone).await?;
    let sql = "SELECT tenancy.current_tenant()".into_sql_str();
    let read = |row: &mut dyn Row| <Option<TenantId>>::from_value(row.take(0, Kind::Uuid)?);
    let seen = connection.fetch(DOING, sql, Vec::new(), read).await?;
    connection.rollback().await?;
    if seen != [Some(someone)] {
        return Err(refuse(&format!(
            "the database does not know version {} of the key, or it has expired: run \
             TenantDb::migrate with .sealed(key) as the owner of the tables",
            key.version(),
        )));
    }
    Ok(())
}

fn refuse(fault: &str) -> Error {
    Error::new(ErrorKind::Misconfigured, format!("use sealed binding: {fault}"))
}
