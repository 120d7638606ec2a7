use super::generate::{Flavour, Generate};

/// A name in a FROM, and its columns.
pub(super) type Source = (String, Vec<String>);

/// Where a bare query ends, with a LIMIT and without one. See [`bare`].
const APART_AFTER_LIMIT: char = '\u{1}';
const APART: char = '\u{2}';

/// The statement that the scoper gets.
pub(super) fn scoped(generated: &str) -> String {
    generated.replace([APART, APART_AFTER_LIMIT], "")
}

/// The statement that runs by itself. For SQLite it says of each query that nothing is to be
/// merged with what is around it: merging loses a WHERE now and then, up to 3.51.3 at least. In
/// `SELECT c FROM (SELECT 1 AS c FROM a WHERE x IN (SELECT 7) UNION ALL SELECT 1 FROM b RIGHT JOIN
/// a ON false)` the first part gives all rows of `a`.
pub(super) fn bare(generated: &str, flavour: Flavour) -> String {
    match flavour {
        Flavour::Postgres => scoped(generated),
        Flavour::Sqlite => {
            generated.replace(APART_AFTER_LIMIT, " OFFSET 0").replace(APART, " LIMIT -1 OFFSET 0")
        }
    }
}

impl Generate<'_> {
    /// A query of `width` integer columns, `c1` and so on.
    pub(super) fn query(&mut self, width: usize, depth: usize) -> String {
        let outside = self.ctes.len();
        let before =
            if depth > 0 && self.random.percent(25) { self.with(depth - 1) } else { String::new() };
        let body = if depth > 0 && self.random.percent(25) {
            let operation = *self.random.pick(&["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]);
            format!(
                "{} {operation} {}",
                self.select(width, depth - 1),
                self.select(width, depth - 1)
            )
        } else {
            self.select(width, depth)
        };
        self.ctes.truncate(outside);
        let all: Vec<_> = (1..=width).map(|at| at.to_string()).collect();
        match self.random.below(6) {
            // In an order of all columns, so that the rows are the same ones.
            0 => {
                let (all, few) = (all.join(", "), self.random.below(6));
                format!("{before}{body} ORDER BY {all} LIMIT {few}{APART_AFTER_LIMIT}")
            }
            1 => format!("{before}{body} ORDER BY {} DESC LIMIT 9 OFFSET 1", all.join(" DESC, ")),
            _ => format!("{before}{body}{APART}"),
        }
    }

    fn with(&mut self, depth: usize) -> String {
        let name = self.name("w");
        if self.random.percent(40) {
            let (table, other) = (self.table().name, self.name("x"));
            let start = self.select(1, 0);
            self.ctes.push((name.clone(), 1));
            return format!(
                "WITH RECURSIVE {name}(c1) AS ({start} UNION SELECT {other}.id FROM {name} JOIN \
                 {table} AS {other} ON {other}.id = {name}.c1 + 1) "
            );
        }
        let width = 1 + self.random.below(2);
        let query = self.query(width, depth);
        self.ctes.push((name.clone(), width));
        if self.random.percent(70) {
            return format!("WITH {name} AS ({query}) ");
        }
        let (second, query_2) = (self.name("w"), self.query(1, depth));
        self.ctes.push((second.clone(), 1));
        format!("WITH {name} AS ({query}), {second} AS ({query_2}) ")
    }

    fn select(&mut self, width: usize, depth: usize) -> String {
        let (from, sources) = self.from(depth);
        let filter = if self.random.percent(60) {
            format!(" WHERE {}", self.condition(&sources, depth))
        } else {
            String::new()
        };
        if self.random.percent(20) {
            return self.grouped(width, &from, &filter, &sources);
        }
        let distinct = if self.random.percent(15) { "DISTINCT " } else { "" };
        let columns: Vec<_> =
            (1..=width).map(|at| format!("{} AS c{at}", self.number(&sources, depth))).collect();
        format!("SELECT {distinct}{} FROM {from}{filter}", columns.join(", "))
    }

    fn grouped(&mut self, width: usize, from: &str, filter: &str, sources: &[Source]) -> String {
        let key = self.column(sources);
        let columns: Vec<_> = (1..=width)
            .map(|at| {
                let column = self.column(sources);
                let value = match self.random.below(5) {
                    0 => "count(*)".to_owned(),
                    1 => format!("count(DISTINCT {column})"),
                    2 => format!("min({column})"),
                    3 => format!("CAST(sum({column}) AS bigint)"),
                    _ => key.clone(),
                };
                format!("{value} AS c{at}")
            })
            .collect();
        let having = if self.random.percent(30) { " HAVING count(*) > 1" } else { "" };
        format!("SELECT {} FROM {from}{filter} GROUP BY {key}{having}", columns.join(", "))
    }

    /// A FROM of one to three members, joined in every way.
    pub(super) fn from(&mut self, depth: usize) -> (String, Vec<Source>) {
        let (mut text, first) = self.member(depth);
        // Those a condition may name, and those before a comma.
        let (mut tree, mut all) = (first.clone(), first);
        for at in 0..self.random.below(3) {
            let (member, added) = self.member(depth);
            let is_first = at == 0 && added.len() == 1;
            match self.random.below(10) {
                0 => {
                    text = format!("{text}, {member}");
                    tree.clear();
                }
                1 => text = format!("{text} CROSS JOIN {member}"),
                2 if is_first && has_id(&tree) && has_id(&added) => {
                    let kind = *self.random.pick(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
                    text = format!("{text} {kind} {member} USING (id)");
                }
                3 if is_first => {
                    let kind = *self.random.pick(&["", "LEFT ", "RIGHT "]);
                    text = format!("{text} NATURAL {kind}JOIN {member}");
                }
                4 => {
                    let (left, right) = (self.column(&tree), self.column(&added));
                    text = format!("{text} FULL JOIN {member} ON {left} = {right}");
                }
                kind => {
                    let kind = match kind {
                        5 | 6 => "LEFT JOIN",
                        7 => "RIGHT JOIN",
                        _ => "JOIN",
                    };
                    let both: Vec<_> = tree.iter().chain(&added).cloned().collect();
                    let (left, right) = (self.column(&tree), self.column(&added));
                    let more = self.condition(&both, 0);
                    let word = *self.random.pick(&["AND", "OR"]);
                    text = format!("{text} {kind} {member} ON {left} = {right} {word} {more}");
                }
            }
            tree.extend(added.clone());
            all.extend(added);
        }
        if self.flavour == Flavour::Postgres && self.random.percent(10) {
            let (lateral, outer) = (self.lateral(&tree), self.name("l"));
            text = match self.random.below(2) {
                0 => format!("{text} CROSS JOIN LATERAL ({lateral}) AS {outer}"),
                _ => format!("{text} LEFT JOIN LATERAL ({lateral}) AS {outer} ON true"),
            };
            all.push((outer, vec!["c1".to_owned()]));
        }
        (text, all)
    }

    fn lateral(&mut self, outer: &[Source]) -> String {
        let (table, name) = (self.table().name, self.name("x"));
        let column = self.column(outer);
        format!("SELECT {name}.id AS c1 FROM {table} {name} WHERE {name}.id > {column}")
    }

    fn member(&mut self, depth: usize) -> (String, Vec<Source>) {
        let name = self.name("x");
        if depth > 0 && self.random.percent(15) {
            let width = 1 + self.random.below(2);
            let query = self.query(width, depth - 1);
            return (format!("({query}) AS {name}"), vec![(name, numbered(width))]);
        }
        if depth > 0 && self.random.percent(10) {
            let ((left, mut sources), (right, more)) = (self.member(0), self.member(0));
            let on = format!("{} = {}", self.column(&sources), self.column(&more));
            sources.extend(more);
            let kind = *self.random.pick(&["JOIN", "LEFT JOIN"]);
            return (format!("({left} {kind} {right} ON {on})"), sources);
        }
        if !self.ctes.is_empty() && self.random.percent(40) {
            let (cte, width) = self.random.pick(&self.ctes).clone();
            return (format!("{cte} AS {name}"), vec![(name, numbered(width))]);
        }
        let table = self.table();
        let columns = table.columns.iter().map(|column| (*column).to_owned()).collect();
        let spelling = match self.random.below(4) {
            0 => table.name.to_uppercase(),
            1 => format!("\"{}\"", table.name),
            _ => table.name.to_owned(),
        };
        let word = *self.random.pick(&[" AS ", " "]);
        (format!("{spelling}{word}{name}"), vec![(name, columns)])
    }
}

fn numbered(width: usize) -> Vec<String> {
    (1..=width).map(|at| format!("c{at}")).collect()
}

fn has_id(sources: &[Source]) -> bool {
    sources.len() == 1 && sources[0].1.iter().any(|column| column == "id")
}
