use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use crate::backend::Backend;

/// Returns an insertion that touches no row where one of this key is there.
///
/// `row` is the table, its columns and its values; all of it is written in this crate.
pub(super) fn insert_new(backend: Backend, row: &'static str, key: &'static str) -> SqlStr {
    let sql = match backend {
        // Not `ON DUPLICATE KEY UPDATE`: that counts a row it found as touched.
        Backend::MySql => format!("INSERT IGNORE INTO {row}"),
        _ => format!("INSERT INTO {row} ON CONFLICT ({key}) DO NOTHING"),
    };
    AssertSqlSafe(sql).into_sql_str()
}
