use sqlx::error::{DatabaseError, ErrorKind as Broken};
use tenancy_core::{Error, ErrorKind};

use super::fault::DatabaseFault;
#[cfg(feature = "mysql")]
use super::mysql;

/// Brings an error of sqlx into the classes of tenancy; `doing` says what was being done.
pub(crate) fn from_sqlx(doing: &'static str, error: sqlx::Error) -> Error {
    use sqlx::Error as E;
    match error {
        E::Database(fault) => from_database(doing, &*fault),
        E::Io(_)
        | E::Protocol(_)
        | E::Tls(_)
        | E::PoolTimedOut
        | E::PoolClosed
        | E::WorkerCrashed
        | E::BeginFailed => Error::new(ErrorKind::Unavailable, doing).with_source(error),
        E::Configuration(_) | E::InvalidArgument(_) => {
            // The text may hold the URL and with it a password.
            Error::new(ErrorKind::Misconfigured, format!("{doing}: the database URL is not valid"))
        }
        // A value that the database's type cannot hold.
        E::Encode(_) => Error::new(ErrorKind::Invalid, doing).with_source(error),
        other => Error::new(ErrorKind::Internal, doing).with_source(other),
    }
}

/// Tells whether the connection is gone, rather than the statement bad.
pub(crate) fn is_disconnect(error: &sqlx::Error) -> bool {
    match error {
        // The last: SQLite ended a transaction by itself (RAISE(ROLLBACK), a full disk), and sqlx
        // goes on counting it as open. The connection is of no more use.
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::BeginFailed
        | sqlx::Error::InvalidSavePointStatement => true,
        #[cfg(feature = "mysql")]
        sqlx::Error::Database(fault) if let Some(number) = mysql::number(&**fault) => {
            mysql::is_disconnect(number)
        }
        // Postgres: the server was told to stop, crashed, or is starting.
        sqlx::Error::Database(fault) => {
            fault.code().is_some_and(|code| matches!(&*code, "57P01" | "57P02" | "57P03"))
        }
        _ => false,
    }
}

/// Tells whether Postgres refuses a prepared statement because a table has changed since.
///
/// The name of the routine says so in every language of the server.
#[cfg(feature = "postgres")]
pub(crate) fn is_stale_plan(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(fault) = error else { return false };
    let fault = fault.try_downcast_ref::<sqlx::postgres::PgDatabaseError>();
    fault.is_some_and(|fault| {
        fault.code() == "0A000" && fault.routine() == Some("RevalidateCachedQuery")
    })
}

/// Tells whether SQLite would not even open the file, because another process is turning it to
/// write-ahead logging; its own waiting does not cover that.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(fault) if fault.code().is_some_and(|code| code == "5"))
}

fn from_database(doing: &'static str, fault: &dyn DatabaseError) -> Error {
    let code = fault.code().unwrap_or_default();
    let kind = match fault.kind() {
        Broken::UniqueViolation | Broken::ForeignKeyViolation | Broken::ExclusionViolation => {
            ErrorKind::Conflict
        }
        Broken::NotNullViolation | Broken::CheckViolation => ErrorKind::Invalid,
        #[cfg(feature = "mysql")]
        _ if let Some(number) = mysql::number(fault) => mysql::kind(number),
        _ => kind_of_code(&code, fault.message()),
    };
    let error = Error::new(kind, doing).with_source(DatabaseFault::new(fault));
    match constraint(fault) {
        Some(constraint) => error.with_subject(constraint),
        None => error,
    }
}

/// SQLSTATE on Postgres (appendix A of its manual), result codes on SQLite.
fn kind_of_code(code: &str, message: &str) -> ErrorKind {
    match code {
        // Row-level security: "new row violates row-level security policy".
        "42501" if message.contains("row-level security") => ErrorKind::ForeignTenant,
        // Serialization, deadlock, lock and statement time-outs, too many connections, shutdown,
        // starting up; SQLITE_BUSY and SQLITE_LOCKED.
        "40001" | "40P01" | "55P03" | "57014" | "53300" | "57P01" | "57P02" | "57P03" | "5"
        | "6" | "261" | "517" => ErrorKind::Unavailable,
        // A sum on SQLite, which has no code of its own for it.
        "1" if message == "integer overflow" => ErrorKind::Invalid,
        // An upsert by a rule for which there is no unique index: SQLite; Postgres is below.
        "1" if message.starts_with("ON CONFLICT clause does not match") => ErrorKind::Misconfigured,
        // A write in a read-only transaction, no such database, no index for an upsert;
        // SQLITE_READONLY, SQLITE_CANTOPEN.
        "25006" | "3D000" | "42P10" | "8" | "14" => ErrorKind::Misconfigured,
        // PgBouncer says so of a database that is not there.
        "08P01" if message.contains("does not exist") || message.contains("no such database") => {
            ErrorKind::Misconfigured
        }
        // "cached plan must not change result type": the table has changed, the next transaction
        // prepares anew.
        "0A000" if message.contains("cached plan") => ErrorKind::Unavailable,
        // Data exceptions: a NUL in a text, a number or a time out of range.
        code if code.len() == 5 && code.starts_with("22") => ErrorKind::Invalid,
        _ => ErrorKind::Internal,
    }
}

fn constraint(fault: &dyn DatabaseError) -> Option<String> {
    #[cfg(feature = "mysql")]
    if let Some(number) = mysql::number(fault) {
        return mysql::constraint(number, fault.message());
    }
    fault.constraint().map(str::to_owned).or_else(|| {
        // SQLite names columns: "UNIQUE constraint failed: payments.tenant_id, payments.id".
        let (_, columns) = fault.message().split_once("constraint failed: ")?;
        Some(columns.to_owned())
    })
}
