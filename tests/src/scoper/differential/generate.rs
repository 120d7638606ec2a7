use super::random::Random;
use super::schema::{Schema, Table};
use super::select::Source;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    Postgres,
    Sqlite,
}

/// Writes random statements.
#[derive(Debug)]
pub(super) struct Generate<'schema> {
    pub(super) random: &'schema mut Random,
    pub(super) schema: &'schema Schema,
    pub(super) flavour: Flavour,
    /// The common table expressions in sight, and how many columns they have.
    pub(super) ctes: Vec<(String, usize)>,
    pub(super) names: usize,
    /// How many parameters the statement has so far, of three.
    pub(super) parameters: usize,
}

impl<'schema> Generate<'schema> {
    /// A statement that gives rows of one text, `line`; the flag tells whether it writes.
    pub(super) fn statement(&mut self) -> (String, bool) {
        self.ctes.clear();
        self.names = 0;
        self.parameters = 0;
        if self.random.percent(70) {
            let width = 1 + self.random.below(3);
            let query = self.query(width, 2);
            let line: Vec<_> =
                (1..=width).map(|at| format!("coalesce(CAST(q.c{at} AS text), '-')")).collect();
            return (
                format!("SELECT {} AS line FROM ({query}) AS q", line.join(" || ',' || ")),
                false,
            );
        }
        let write = match self.random.below(4) {
            0 => self.insert(),
            1 => self.insert_of_query(),
            2 => self.update(),
            _ => self.delete(),
        };
        (write, true)
    }

    fn insert(&mut self) -> String {
        let table = self.table();
        let rows: Vec<_> = (0..=self.random.below(3))
            .map(|at| {
                // Different keys: an upsert touches a row once.
                let key = (1 + at * 4 + self.random.below(4)).to_string();
                let others = (1..table.columns.len()).map(|_| self.number(&[], 1));
                format!("({})", std::iter::once(key).chain(others).collect::<Vec<_>>().join(", "))
            })
            .collect();
        let (name, tenant) = (table.name, table.tenant);
        let target = format!("({tenant}, id)");
        let conflict = match self.random.below(5) {
            0 => String::new(),
            1 => " ON CONFLICT DO NOTHING".to_owned(),
            2 => format!(" ON CONFLICT {target} DO NOTHING"),
            _ => {
                let column = self.pick_other(table);
                let value = self.number(&[(name.to_owned(), vec!["id".to_owned()])], 1);
                let filter = if self.random.percent(40) {
                    format!(" WHERE {name}.{column} IS NULL OR excluded.id > 3 OR {value} = 1")
                } else {
                    String::new()
                };
                format!(
                    " ON CONFLICT {target} DO UPDATE SET {column} = excluded.{column} + {value}{filter}"
                )
            }
        };
        let columns = table.columns.join(", ");
        let returning = self.returning(name);
        format!("INSERT INTO {name} ({columns}) VALUES {}{conflict}{returning}", rows.join(", "))
    }

    fn insert_of_query(&mut self) -> String {
        let table = self.table();
        let width = table.columns.len();
        let query = self.query(width, 1);
        let name = table.name;
        let columns = table.columns.join(", ");
        let numbered: Vec<_> = (2..=width).map(|at| format!(", max(q.c{at})")).collect();
        let returning = self.returning(name);
        // WHERE: SQLite would take ON for the condition of a join.
        format!(
            "INSERT INTO {name} ({columns}) SELECT q.c1{} FROM ({query}) AS q \
             WHERE q.c1 IS NOT NULL GROUP BY q.c1 ON CONFLICT DO NOTHING{returning}",
            numbered.concat()
        )
    }

    fn update(&mut self) -> String {
        let table = self.table();
        let column = self.pick_other(table);
        let alias = self.name("u");
        let line = self.own_id(&alias);
        let own = vec![(alias.clone(), table.columns.iter().map(|it| (*it).to_owned()).collect())];
        let value = self.number(&own, 1);
        let filter = self.condition(&own, 1);
        let name = table.name;
        if self.random.percent(40) {
            let (other, more) = (self.table().name, self.name("x"));
            // By key, so that no row is updated from two.
            return format!(
                "UPDATE {name} AS {alias} SET {column} = {more}.id + {value} FROM {other} AS {more} \
                 WHERE {more}.id = {alias}.id AND ({filter}) RETURNING CAST({line} AS text) AS line"
            );
        }
        format!(
            "UPDATE {name} AS {alias} SET {column} = {value} WHERE {filter} RETURNING CAST({line} AS text) AS line"
        )
    }

    fn delete(&mut self) -> String {
        let table = self.table();
        let (name, alias) = (table.name, self.name("d"));
        let own = vec![(alias.clone(), table.columns.iter().map(|it| (*it).to_owned()).collect())];
        let filter = self.condition(&own, 1);
        // Not all rows at once: little would be left to ask for.
        let few = self.random.below(5);
        if self.flavour == Flavour::Postgres && self.random.percent(40) {
            let (other, more) = (self.table().name, self.name("x"));
            return format!(
                "DELETE FROM {name} AS {alias} USING {other} AS {more} WHERE {more}.id = {alias}.id \
                 AND {alias}.id > {few} AND ({filter}) RETURNING CAST({alias}.id AS text) AS line"
            );
        }
        let line = self.own_id(&alias);
        format!(
            "DELETE FROM {name} AS {alias} WHERE {alias}.id > {few} AND ({filter}) \
             RETURNING CAST({line} AS text) AS line"
        )
    }

    fn returning(&self, table: &str) -> String {
        format!(" RETURNING CAST({} AS text) AS line", self.own_id(table))
    }

    /// SQLite knows no alias behind RETURNING.
    fn own_id(&self, table: &str) -> String {
        match self.flavour {
            Flavour::Postgres => format!("{table}.id"),
            Flavour::Sqlite => "id".to_owned(),
        }
    }

    pub(super) fn number(&mut self, sources: &[Source], depth: usize) -> String {
        match self.random.below(if depth > 0 { 9 } else { 5 }) {
            0 => self.random.below(8).to_string(),
            1 if self.parameters < 3 || self.random.percent(50) => self.parameter(),
            2 => format!("coalesce({}, {})", self.column(sources), self.random.below(8)),
            5 => format!("{} + {}", self.column(sources), self.number(sources, 0)),
            6 => format!(
                "CASE WHEN {} THEN {} END",
                self.condition(sources, 0),
                self.column(sources)
            ),
            7 | 8 => {
                let (table, name) = (self.table(), self.name("x"));
                let inner =
                    (name.clone(), table.columns.iter().map(|it| (*it).to_owned()).collect());
                let value = *self.random.pick(&["count(*)", "max(", "min("]);
                let value = if value == "count(*)" {
                    value.to_owned()
                } else {
                    format!("{value}{name}.id)")
                };
                let both: Vec<_> = sources.iter().cloned().chain([inner]).collect();
                let filter = self.condition(&both, depth - 1);
                format!("(SELECT {value} FROM {} {name} WHERE {filter})", table.name)
            }
            _ => self.column(sources),
        }
    }

    pub(super) fn condition(&mut self, sources: &[Source], depth: usize) -> String {
        match self.random.below(if depth > 0 { 14 } else { 8 }) {
            0 => format!("{} IS NULL", self.column(sources)),
            1 => format!(
                "{} IN (1, {}, {})",
                self.column(sources),
                self.random.below(8),
                self.parameter()
            ),
            2 => format!("{} BETWEEN 2 AND {}", self.column(sources), self.random.below(8)),
            3 if self.random.percent(30) => (*self.random.pick(&["true", "false"])).to_owned(),
            8 | 9 => {
                let word = *self.random.pick(&["AND", "OR", "OR"]);
                format!(
                    "{} {word} {}",
                    self.condition(sources, depth - 1),
                    self.condition(sources, depth - 1)
                )
            }
            10 => format!("NOT ({})", self.condition(sources, depth - 1)),
            11 | 12 => {
                let (from, inner) = self.from(depth - 1);
                let both: Vec<_> = sources.iter().cloned().chain(inner).collect();
                let not = *self.random.pick(&["", "NOT "]);
                format!(
                    "{not}EXISTS (SELECT 1 FROM {from} WHERE {})",
                    self.condition(&both, depth - 1)
                )
            }
            13 => {
                let not = *self.random.pick(&["", "NOT "]);
                format!("{} {not}IN ({})", self.column(sources), self.query(1, depth - 1))
            }
            _ => {
                let operator = *self.random.pick(&["=", "<", ">=", "<>"]);
                format!("{} {operator} {}", self.column(sources), self.number(sources, 0))
            }
        }
    }

    pub(super) fn column(&mut self, sources: &[Source]) -> String {
        if sources.is_empty() {
            return self.random.below(8).to_string();
        }
        let (name, columns) = self.random.pick(sources);
        let column = self.random.pick(columns);
        format!("{name}.{column}")
    }

    /// One of three parameters; a new one is the next, so that there is no gap.
    fn parameter(&mut self) -> String {
        let number = 1 + self.random.below((self.parameters + 1).min(3));
        self.parameters = self.parameters.max(number);
        format!("CAST(${number} AS bigint)")
    }

    pub(super) fn name(&mut self, letter: &str) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    pub(super) fn table(&mut self) -> &'schema Table {
        self.random.pick(&self.schema.tables)
    }

    fn pick_other(&mut self, table: &Table) -> &'static str {
        self.random.pick::<&'static str>(&table.columns[1..])
    }
}
