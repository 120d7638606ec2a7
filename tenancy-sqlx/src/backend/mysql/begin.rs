use std::fmt::Write as _;
use std::time::Duration;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use crate::backend::Access;

/// How the server reads a statement and what it does with a value that does not fit.
///
/// `"name"` is an identifier, `||` joins texts and a backslash is a letter, as on the other
/// databases; whoever renders SQL for `MySQL` (also with backticks) can rely on it. Values that
/// do not fit are errors.
pub(super) const SQL_MODE: &str = "ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,\
    ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
    ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

/// The rest that would change what a statement means, or end transactions otherwise than they
/// are ended here.
const SETTINGS: &str = "time_zone='+00:00',autocommit=1,completion_type=0,foreign_key_checks=1,\
    unique_checks=1,sql_auto_is_null=0,sql_select_limit=DEFAULT";

/// One message that begins a transaction, pins the session and bounds its statements.
///
/// There is no tenant in it: these databases have no row-level security to tell it to. Every
/// statement names the tenant.
///
/// The settings are those of the session, so that each transaction sets them all: whatever a
/// server's configuration, a migration or a pooler left there.
pub(in crate::backend) fn begin(access: Access, timeout: Duration) -> SqlStr {
    let mut text = String::with_capacity(640);
    // READ COMMITTED, as on Postgres. In an open transaction this statement fails, and a
    // connection whose begin fails is closed: START TRANSACTION alone would commit what the last
    // user of the connection left behind.
    text.push_str("SET TRANSACTION ISOLATION LEVEL READ COMMITTED;");
    // 0 would mean no limit at all; `MySQL` keeps the number in 32 bits.
    let milliseconds = timeout.as_millis().clamp(1, 0x7fff_ffff);
    // In whole seconds, and never 0: that would not wait at all.
    let locks = timeout.as_secs().clamp(1, 31_536_000);
    // `MariaDB` runs the first comment and `MySQL` the second; each takes the other's for a
    // comment. `MySQL` bounds SELECT only, and the rest by how long it waits for locks.
    write!(
        text,
        "SET SESSION sql_mode='{SQL_MODE}',{SETTINGS},\
         innodb_lock_wait_timeout={locks},lock_wait_timeout={locks}\
         /*M!100100 ,max_statement_time={}.{:03} *//*!50708 ,max_execution_time={milliseconds} */;",
        milliseconds / 1_000,
        milliseconds % 1_000,
    )
    .expect("writing to a string does not fail");
    text.push_str(match access {
        Access::ReadOnly => "START TRANSACTION READ ONLY",
        Access::ReadWrite => "START TRANSACTION READ WRITE",
    });
    AssertSqlSafe(text).into_sql_str()
}
