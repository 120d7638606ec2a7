use std::collections::HashMap;
use std::sync::{Arc, RwLock};

#[cfg(feature = "probe")]
use sqlx::SqlStr;
use tenancy_core::Error;
#[cfg(feature = "probe")]
use tenancy_core::TenantId;
#[cfg(feature = "probe")]
use tenancy_core::entity::{ToValue as _, Value};

use super::dialect::Dialect;
use super::known::Known;
#[cfg(feature = "probe")]
use super::known::View;
use super::scoped::Scoped;
#[cfg(feature = "probe")]
use crate::backend::Backend;

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

    /// Names a tenant in a text that is sent once, and returns it with its values.
    #[cfg(feature = "probe")]
    pub(crate) fn add_tenant(
        &self,
        backend: Backend,
        text: &str,
        values: Vec<Value>,
        tenant: TenantId,
    ) -> Result<(SqlStr, Vec<Value>), Error> {
        let scoped = Scoped::new(&self.known, Dialect::of(backend), text)?;
        let values = scoped.complete(values, tenant.to_value())?;
        Ok((scoped.text(&values)?, values))
    }

    /// The views that were made known.
    #[cfg(feature = "probe")]
    pub(crate) fn views(&self) -> Vec<View> {
        self.known.views()
    }

    /// The functions that were allowed beside the list.
    #[cfg(feature = "probe")]
    pub(crate) fn allowed_functions(&self) -> Vec<&'static str> {
        self.known.functions()
    }

    /// The columns in which rows tell their tenant.
    pub(super) fn tenant_columns(&self) -> &[&'static str] {
        &self.tenant_columns
    }
}
