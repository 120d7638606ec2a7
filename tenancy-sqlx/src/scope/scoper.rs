use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use tenancy_core::Error;

use super::dialect::Dialect;
use super::known::Known;
use super::scoped::Scoped;

/// The most statements that are remembered. A program has some hundred.
const MAX_STATEMENTS: usize = 4_096;

/// Scopes statements and remembers them by their text, which is part of the program.
#[derive(Debug)]
pub(crate) struct Scoper {
    known: Known,
    tenant_columns: Vec<&'static str>,
    statements: RwLock<HashMap<Key, Arc<Scoped>, foldhash::fast::RandomState>>,
}

type Key = (Dialect, &'static str);

impl Scoper {
    pub(crate) fn new(known: Known) -> Self {
        let tenant_columns = known.tenant_columns();
        Self { known, tenant_columns, statements: RwLock::default() }
    }

    pub(super) fn scope(&self, dialect: Dialect, text: &'static str) -> Result<Arc<Scoped>, Error> {
        let statements = self.statements.read().expect("no code panics while it holds this lock");
        if let Some(scoped) = statements.get(&(dialect, text)) {
            return Ok(Arc::clone(scoped));
        }
        drop(statements);
        let scoped = Arc::new(Scoped::new(&self.known, dialect, text)?);
        let mut statements =
            self.statements.write().expect("no code panics while it holds this lock");
        if statements.len() >= MAX_STATEMENTS {
            // Texts are made at run time and leaked: nothing is worth keeping.
            statements.clear();
        }
        // Two that came at once share one, so that they share its variants too.
        Ok(Arc::clone(statements.entry((dialect, text)).or_insert(scoped)))
    }

    /// The columns in which rows tell their tenant.
    pub(super) fn tenant_columns(&self) -> &[&'static str] {
        &self.tenant_columns
    }
}
