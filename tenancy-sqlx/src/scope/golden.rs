//! What becomes of a statement, as text: for the places where a predicate can go, and for MySQL.

use super::dialect::Dialect::{self, MySql, Postgres, Sqlite};
use super::known::Known;
use super::scoped::Scoped;

fn known() -> Known {
    let mut known = Known::for_tests(&["notes", "authors"], "tenant_id");
    known.add_view("open_notes", "tenant_id");
    known
}

fn sent(dialect: Dialect, text: &str) -> String {
    match Scoped::new(&known(), dialect, text) {
        Ok(scoped) => scoped.sent().to_owned(),
        Err(refusal) => panic!("{text}: {}", tenancy_core::Error::from(refusal)),
    }
}

fn refused(dialect: Dialect, text: &str) -> String {
    match Scoped::new(&known(), dialect, text) {
        Ok(scoped) => panic!("{text} became {}", scoped.sent()),
        Err(refusal) => tenancy_core::Error::from(refusal).message().to_owned(),
    }
}

#[test]
fn an_inner_table_goes_to_the_where() {
    assert_eq!(
        sent(Postgres, "SELECT id FROM notes WHERE id = $1 OR title = $2"),
        r#"SELECT id FROM "notes" WHERE (id = $1 OR title = $2) AND "notes"."tenant_id" = $3"#
    );
    assert_eq!(
        sent(Sqlite, "SELECT N.id FROM Notes N JOIN authors ON true"),
        "SELECT N.id FROM \"notes\" N JOIN \"authors\" ON true \
         WHERE (\"N\".\"tenant_id\" = $1) AND \"authors\".\"tenant_id\" = $1"
    );
}

#[test]
fn the_side_that_may_be_missing_goes_to_the_on() {
    assert_eq!(
        sent(Postgres, "SELECT 1 FROM notes n LEFT JOIN authors a ON a.id = n.author OR true"),
        "SELECT 1 FROM \"notes\" n LEFT JOIN \"authors\" a \
         ON (a.id = n.author OR true) AND \"a\".\"tenant_id\" = $1 WHERE \"n\".\"tenant_id\" = $1"
    );
    assert_eq!(
        sent(
            Postgres,
            "SELECT 1 FROM notes n LEFT JOIN authors a ON a.id = 1 RIGHT JOIN authors b ON b.id = 2"
        ),
        "SELECT 1 FROM \"notes\" n LEFT JOIN \"authors\" a ON (a.id = 1) AND \"a\".\"tenant_id\" = $1 \
         RIGHT JOIN \"authors\" b ON (b.id = 2) AND \"n\".\"tenant_id\" = $1 \
         WHERE \"b\".\"tenant_id\" = $1"
    );
}

#[test]
fn where_no_condition_is_the_table_becomes_a_subquery() {
    let notes = "(SELECT * FROM \"notes\" WHERE \"notes\".\"tenant_id\" = $1) AS n";
    let authors = "(SELECT * FROM \"authors\" WHERE \"authors\".\"tenant_id\" = $1) AS \"authors\"";
    assert_eq!(
        sent(Postgres, "SELECT 1 FROM notes n FULL JOIN authors ON authors.id = n.author"),
        format!("SELECT 1 FROM {notes} FULL JOIN {authors} ON authors.id = n.author")
    );
    assert_eq!(
        sent(Sqlite, "SELECT 1 FROM notes n NATURAL JOIN authors"),
        format!("SELECT 1 FROM {notes} NATURAL JOIN {authors}")
    );
    assert_eq!(
        sent(Sqlite, "SELECT 1 FROM notes n LEFT JOIN authors USING (id)"),
        format!("SELECT 1 FROM {notes} LEFT JOIN {authors} USING(id)")
    );
}

/// SQLite merges a union into what is around it, and loses a WHERE on the way.
#[test]
fn sqlite_keeps_a_union_with_an_outward_join_apart() {
    let union =
        "SELECT id FROM notes UNION ALL SELECT a.id FROM notes n RIGHT JOIN authors a ON true";
    let own = "SELECT id FROM \"notes\" WHERE \"notes\".\"tenant_id\" = $1 UNION ALL SELECT a.id FROM \
               \"notes\" n RIGHT JOIN \"authors\" a ON (true) AND \"n\".\"tenant_id\" = $1 \
               WHERE \"a\".\"tenant_id\" = $1";
    assert_eq!(sent(Postgres, union), own);
    assert_eq!(sent(Sqlite, union), format!("{own} LIMIT 9223372036854775807 OFFSET 0"));
    assert_eq!(sent(Sqlite, &format!("{union} LIMIT 3")), format!("{own} LIMIT 3 OFFSET 0"));
    let both = format!("{own} LIMIT 3 OFFSET 1");
    assert_eq!(sent(Sqlite, &format!("{union} LIMIT 3 OFFSET 1")), both);
    let plain = union.replace("RIGHT", "LEFT");
    assert!(!sent(Sqlite, &plain).contains("LIMIT"));
    let distinct = union.replace("UNION ALL", "UNION");
    assert!(!sent(Sqlite, &distinct).contains("LIMIT"));
}

#[test]
fn mysql_has_ways_of_its_own() {
    assert_eq!(
        sent(MySql, "SELECT \"id\" FROM Notes WHERE id > $2 AND title = $1 LIMIT $3"),
        "SELECT `id` FROM `notes` WHERE (id > $2 AND title = $1) AND `notes`.`tenant_id` = $4 \
         LIMIT $3"
    );
    assert_eq!(
        sent(
            MySql,
            "INSERT INTO notes (id, title) VALUES ($1, $2) ON DUPLICATE KEY UPDATE title = $2"
        ),
        "INSERT INTO `notes` (id, title, `tenant_id`) VALUES ($1, $2, $3) \
         ON DUPLICATE KEY UPDATE title = IF(`notes`.`tenant_id` = $3, $2, `notes`.title)"
    );
    assert_eq!(
        sent(MySql, "UPDATE notes n JOIN authors a ON a.id = n.author SET n.title = a.name"),
        "UPDATE `notes` n JOIN `authors` a ON a.id = n.author SET n.title = a.name \
         WHERE (`n`.`tenant_id` = $1) AND `a`.`tenant_id` = $1"
    );
    assert_eq!(
        sent(MySql, "DELETE n FROM notes n JOIN authors a ON a.id = n.author"),
        "DELETE n FROM `notes` n JOIN `authors` a ON a.id = n.author \
         WHERE (`n`.`tenant_id` = $1) AND `a`.`tenant_id` = $1"
    );
}

#[test]
fn mysql_refuses_what_its_sessions_read_in_two_ways() {
    for (text, reason) in [
        (r"SELECT id FROM notes WHERE title = 'a\' OR id = 1'", "backslash"),
        (r#"SELECT id FROM notes WHERE title = "a""b""#, "a quote"),
        ("SELECT id FROM notes WHERE id = 1 /*! OR 1 = 1 */", "/*"),
        ("SELECT id FROM notes WHERE id = 1 # AND", "a comment"),
        ("SELECT @@version", "a variable"),
        ("SELECT @a := 1", "a variable"),
        ("SELECT load_file('/etc/passwd')", "load_file"),
        ("SELECT id FROM notes INTO OUTFILE '/tmp/x'", ""),
        ("REPLACE INTO notes (id) VALUES (1)", "it begins with REPLACE"),
        ("INSERT IGNORE INTO notes (id) VALUES (1)", "IGNORE"),
        ("INSERT INTO notes SET id = 1", "INSERT … SET"),
        ("UPDATE notes n JOIN authors a ON true SET a.name = 'x'", "not of the first table"),
        ("UPDATE notes n JOIN authors a ON true SET name = 'x'", "not of the first table"),
        ("UPDATE notes n JOIN currencies c ON true SET c.name = 'x'", "not of the first table"),
        ("UPDATE notes n NATURAL JOIN authors a SET n.id = 1", "write ON"),
        ("DELETE a FROM notes n JOIN authors a ON true", "the first table"),
        ("DELETE n, a FROM notes n JOIN authors a ON true", "the first table"),
        ("DELETE FROM n USING notes n JOIN authors a ON true", "not registered"),
        ("INSERT INTO notes (id) VALUES (1) RETURNING id", "RETURNING"),
    ] {
        let message = refused(MySql, text);
        assert!(message.contains(reason), "{text}: {message}");
    }
}

#[test]
fn a_row_of_mysql_that_is_foreign_stays_as_it_is() {
    let message =
        refused(MySql, "INSERT INTO notes (id) VALUES (1) ON DUPLICATE KEY UPDATE tenant_id = $1");
    assert!(message.contains("added by itself"), "{message}");
}

#[test]
fn depth_is_refused_before_it_costs_the_stack() {
    let nested = |levels: usize| format!("SELECT {}1{}", "(".repeat(levels), ")".repeat(levels));
    let chain =
        |terms: usize| format!("SELECT id FROM notes WHERE id = 1{}", " OR id = 2".repeat(terms));
    let inner = |levels: usize| {
        format!("{}SELECT 1{}", "SELECT * FROM (".repeat(levels), ") x".repeat(levels))
    };
    for dialect in [Postgres, Sqlite, MySql] {
        sent(dialect, &nested(10));
        sent(dialect, &chain(190));
        sent(dialect, &inner(10));
        for text in [nested(5_000), chain(200), chain(3_000), inner(1_500)] {
            let message = refused(dialect, &text);
            assert!(message.contains("deeper"), "{message}");
        }
        assert!(refused(dialect, &chain(10_000)).contains("KiB"));
    }
}
