use sqlx::postgres::{PgConnection, PgTransactionManager};
use sqlx::{AssertSqlSafe, Postgres, Row as _, SqlSafeStr as _, SqlStr};
use sqlx_core::transaction::TransactionManager as _;
use tenancy_core::TenantId;

use super::opening::Opening;
use crate::seal::SealKey;

/// How a transaction begins on Postgres.
#[derive(Clone)]
pub(crate) enum PgOpening {
    /// One message.
    Plain(SqlStr),
    /// One message too, and no transaction: each statement is one.
    Session(SqlStr),
    /// The first answer says which transaction this is, the second message proves the tenant for
    /// that one.
    Sealed { begin: SqlStr, tenant: TenantId, key: SealKey },
}

impl Opening<Postgres> for PgOpening {
    async fn open(self, connection: &mut PgConnection) -> sqlx::Result<()> {
        match self {
            Self::Plain(begin) => PgTransactionManager::begin(connection, Some(begin)).await,
            Self::Session(bind) => sqlx::raw_sql(bind).execute(connection).await.map(drop),
            Self::Sealed { begin, tenant, key } => {
                let rows = sqlx::raw_sql(begin).fetch_all(&mut *connection).await?;
                let row = rows.first().ok_or(sqlx::Error::BeginFailed)?;
                let seal = key.seal(tenant, row.try_get(0)?, row.try_get(1)?);
                // Digits, a colon and a hash in hexadecimal.
                let set = format!("SET LOCAL tenancy.seal = '{seal}'");
                // sqlx hears of the transaction only here.
                let set = AssertSqlSafe(set).into_sql_str();
                PgTransactionManager::begin(connection, Some(set)).await
            }
        }
    }
}

/// Makes the first message of a sealed transaction from a plain one.
///
/// What somebody has left on the connection through a lent executor goes first: a transaction
/// that is rolled back takes its settings with it, one that is committed leaves them.
pub(super) fn sealed(begin: &SqlStr) -> SqlStr {
    AssertSqlSafe(format!(
        "RESET ROLE; RESET ALL; {}; SELECT pg_catalog.pg_backend_pid(), \
         (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint",
        begin.as_str(),
    ))
    .into_sql_str()
}
