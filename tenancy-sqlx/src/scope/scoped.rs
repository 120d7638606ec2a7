use std::sync::RwLock;

use sqlparser::ast::Statement;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::entity::{Kind, Value};
use tenancy_core::{Error, ErrorKind};

use super::dialect::Dialect;
use super::known::Known;
use super::refusal::{Refusal, Result};
use super::rewrite::{Walk, rewrite};
use super::text::{Parsed, parse, parse_rendered};

/// How many combinations of kinds one text is sent with before it is refused: a call has one.
const MAX_VARIANTS: usize = 16;

/// Reserved, not used: the system gives a page when it is touched.
const STACK: usize = 32 * 1024 * 1024;

/// A statement in which every table of tenants names the tenant.
#[derive(Debug)]
pub(super) struct Scoped {
    text: String,
    /// How many values the user binds.
    parameters: usize,
    is_write: bool,
    names_tenant: bool,
    /// A text for each combination of kinds.
    variants: RwLock<Vec<(Box<[Kind]>, SqlStr)>>,
}

impl Scoped {
    /// Reads a statement and names the tenant in it.
    ///
    /// The parser goes down by recursion: built without optimization it takes a quarter of a MiB
    /// for each subquery in a subquery, of which a thread of a runtime has eight. So it gets a
    /// thread of its own, once for each text.
    pub(super) fn new(known: &Known, dialect: Dialect, text: &str) -> Result<Self> {
        std::thread::scope(|scope| {
            let reading = std::thread::Builder::new()
                .name("tenancy-scoper".to_owned())
                .stack_size(STACK)
                .spawn_scoped(scope, || Self::read(known, dialect, text))
                .map_err(|_| Refusal::anywhere("no thread to read it in: try again"))?;
            reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn read(known: &Known, dialect: Dialect, text: &str) -> Result<Self> {
        let Parsed { mut statement, parameters } = parse(dialect, text)?;
        let parameters = count_parameters(dialect, &parameters)?;
        let tenant = parameters + 1;
        let mut walk = Walk::new(known, dialect, tenant);
        rewrite(&mut walk, &mut statement)?;
        let is_write = walk.writes();
        let (text, marks) = render(dialect, &statement)?;
        let names_tenant = marks.contains(&tenant);
        let variants = RwLock::default();
        Ok(Self { text, parameters, is_write, names_tenant, variants })
    }

    #[cfg(test)]
    pub(super) fn sent(&self) -> &str {
        &self.text
    }

    pub(super) const fn is_write(&self) -> bool {
        self.is_write
    }

    pub(super) const fn names_tenant(&self) -> bool {
        self.names_tenant
    }

    /// Adds the tenant to what the user bound, which must be what the statement takes.
    pub(super) fn complete(
        &self,
        mut values: Vec<Value>,
        tenant: Value,
    ) -> std::result::Result<Vec<Value>, Error> {
        let (bound, needed) = (values.len(), self.parameters);
        if bound != needed {
            let message = format!("run a statement: it takes {needed} values, {bound} are bound");
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        if let Some(at) = values.iter().position(has_nul) {
            let name = format!("${}", at + 1);
            return Err(Error::invalid(name, "bind a value: a text holds no NUL"));
        }
        if self.names_tenant {
            values.push(tenant);
        }
        Ok(values)
    }

    /// Returns the text for values of these kinds.
    ///
    /// A connection keeps a prepared statement by its text alone, typed as it was at first: other
    /// kinds need another text. Blanks at the end make one.
    pub(super) fn text(&self, values: &[Value]) -> std::result::Result<SqlStr, Error> {
        if let Some(text) = self.variant(values) {
            return Ok(text);
        }
        let mut variants = self.variants.write().expect("no code panics while it holds this lock");
        let same = |(kinds, _): &&(Box<[Kind]>, SqlStr)| fits(kinds, values);
        if let Some((_, text)) = variants.iter().find(same) {
            return Ok(text.clone());
        }
        if variants.len() >= MAX_VARIANTS {
            let message = "run a statement: its parameters were bound to values of many kinds: \
                           bind each to one";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        let text = format!("{}{}", self.text, " ".repeat(variants.len()));
        let text = AssertSqlSafe(text).into_sql_str();
        variants.push((values.iter().map(Value::kind).collect(), text.clone()));
        Ok(text)
    }

    fn variant(&self, values: &[Value]) -> Option<SqlStr> {
        let variants = self.variants.read().expect("no code panics while it holds this lock");
        variants.iter().find(|(kinds, _)| fits(kinds, values)).map(|(_, text)| text.clone())
    }
}

fn fits(kinds: &[Kind], values: &[Value]) -> bool {
    kinds.len() == values.len()
        && kinds.iter().zip(values).all(|(kind, value)| *kind == value.kind())
}

fn has_nul(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.contains('\0'))
}

/// Returns how many values the user binds: the numbers have no gaps.
fn count_parameters(dialect: Dialect, named: &[usize]) -> Result<usize> {
    let most = named.iter().copied().max().unwrap_or_default();
    // One is the tenant's.
    if most >= dialect.max_parameters() {
        let reason = format!(
            "the parameter ${most}: {} takes {} parameters, one is the tenant's",
            dialect.name(),
            dialect.max_parameters(),
        );
        return Err(Refusal::anywhere(reason));
    }
    let mut is_named = vec![false; most];
    for number in named {
        is_named[number - 1] = true;
    }
    match is_named.iter().position(|is_named| !is_named) {
        None => Ok(most),
        Some(gap) => {
            Err(Refusal::anywhere(format!("the parameter ${} is missing before ${most}", gap + 1)))
        }
    }
}

/// Writes the tree down, and reads it again: what the database will read must be what was
/// understood here. Returns the parameters too.
fn render(dialect: Dialect, statement: &Statement) -> Result<(String, Vec<usize>)> {
    let text = statement.to_string();
    let again = parse_rendered(dialect, &text).ok();
    match again.filter(|again| again.statement == *statement) {
        Some(again) => Ok((text, again.parameters)),
        None => Err(Refusal::anywhere("it does not read back as it was: write it more simply")),
    }
}
