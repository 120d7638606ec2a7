use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use tenancy_core::ErrorKind;

/// Returns the server's own number of an error; none when it comes from another database.
///
/// Errors are told apart by it: SQLSTATE is HY000 for most of them.
pub(in crate::backend) fn number(fault: &dyn DatabaseError) -> Option<u16> {
    fault.as_error().downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

/// Tells whether the connection is of no more use, rather than the statement bad.
pub(in crate::backend) const fn is_disconnect(number: u16) -> bool {
    matches!(
        number,
        // Shut down, killed (MariaDB), aborted, offline, idle for too long.
        1053 | 1927 | 1152 | 1158
            ..=1161 | 3032 | 4031
        // Somebody's transaction is open on it.
        | 1568
    )
}

/// Brings an error that breaks no rule of a table into the classes of tenancy.
pub(in crate::backend) const fn kind(number: u16) -> ErrorKind {
    match number {
        // Lock and statement time-outs, deadlocks, interrupted, no wait.
        1205 | 1213 | 1317 | 1969 | 3024 | 3058 | 3572
        // Too many connections: of all, of the user, of an hour.
        | 1040 | 1203 | 1226 => ErrorKind::Unavailable,
        number if is_disconnect(number) => ErrorKind::Unavailable,
        // A write in a read-only transaction, on a read-only server; no such database.
        1792 | 1290 | 1836 | 1049 => ErrorKind::Misconfigured,
        // A value that does not fit its column: out of range, too long, of another form, in
        // letters that the column's character set lacks; more values than a statement may have.
        1264 | 1265 | 1292 | 1366 | 1367 | 1390 | 1406 | 1411 | 1525 | 1690 | 3140 => {
            ErrorKind::Invalid
        }
        _ => ErrorKind::Internal,
    }
}

/// Returns what the server said, unless that repeats stored or given values.
pub(in crate::backend) fn message(number: u16, message: &str) -> String {
    match number {
        1062 | 1169 | 1586 | 1761 | 1762 => "a unique rule is broken".to_owned(),
        1292 | 1366 | 1367 | 1411 | 1525 | 1690 => "a value does not fit its column".to_owned(),
        _ => message.to_owned(),
    }
}

/// Returns the name of the rule that was broken, without those of database and table.
pub(in crate::backend) fn constraint(number: u16, message: &str) -> Option<String> {
    let quoted = match number {
        // "Duplicate entry '…' for key 'notes.title'": the entry may hold anything, the key comes
        // last.
        1062 | 1586 => message.rsplit_once(" for key ")?.1,
        // "… (`db`.`t`, CONSTRAINT `name` FOREIGN KEY …", "CONSTRAINT `t.name` failed for …".
        1216 | 1217 | 1451 | 1452 | 4025 => message.split_once("CONSTRAINT ")?.1,
        // "Check constraint 'name' is violated."
        3819 => message.split_once("constraint ")?.1,
        // "Column 'name' cannot be null", "Field 'name' doesn't have a default value".
        1048 | 1364 => message.split_once(' ')?.1,
        _ => return None,
    };
    let mut parts = quoted.splitn(3, ['\'', '`']);
    let name = parts.nth(1)?;
    Some(name.rsplit_once('.').map_or(name, |(_, name)| name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_named_and_values_are_not() {
        for (code, said, name) in [
            (1062, "Duplicate entry 'x' for key 'y'-' for key 'notes_title'", "notes_title"),
            (1062, "Duplicate entry '1' for key 'notes.PRIMARY'", "PRIMARY"),
            (1452, "Cannot add (`a`.`b`, CONSTRAINT `b_fk` FOREIGN KEY (`c`) REFERENCES", "b_fk"),
            (4025, "CONSTRAINT `notes.title` failed for `a`.`notes`", "title"),
            (3819, "Check constraint 'notes_chk_1' is violated.", "notes_chk_1"),
            (1048, "Column 'title' cannot be null", "title"),
        ] {
            assert_eq!(constraint(code, said).as_deref(), Some(name), "{said}");
        }
        assert_eq!(constraint(1064, "You have an error near 'x'"), None);
        assert_eq!(
            message(1062, "Duplicate entry 'secret' for key 'k'"),
            "a unique rule is broken"
        );
    }
}
