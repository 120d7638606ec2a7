//! `unique = "number"`: what no two rows of a tenant share.

use syn::ext::IdentExt;
use syn::{Error, Ident, Result};

use super::model::Column;
use crate::attribute::Words;
use crate::errors::{all, distinct};

/// A rule; its columns are positions.
pub(crate) struct Unique {
    pub(crate) columns: Vec<usize>,
    /// What its constant is called, in lower case.
    pub(crate) name: String,
}

/// Reads the rules of an entity: each names fields, with commas between them.
pub(super) fn read(
    ident: &Ident,
    words: &Words,
    columns: &[Column],
    tenant: usize,
) -> Result<Vec<Unique>> {
    let rules = all(words.texts("unique").map(|text| {
        let fields = text.value();
        let positions = all(fields.split(',').map(str::trim).map(|name| {
            let at = columns.iter().position(|column| column.is_field(name)).ok_or_else(|| {
                let message = format!("`{ident}` has no field `{name}`: write names of its fields");
                Error::new_spanned(text, message)
            })?;
            if at == tenant {
                let message = "every rule is within a tenant by itself: leave the tenant out";
                return Err(Error::new_spanned(text, message));
            }
            Ok(at)
        }))?;
        let names: Vec<_> =
            positions.iter().map(|at| columns[*at].field.unraw().to_string()).collect();
        Ok((Unique { columns: positions, name: names.join("_") }, text))
    }))?;
    distinct(
        &rules,
        |(rule, _)| &rule.name,
        |_, (_, text)| Error::new_spanned(text, "this rule is given twice: write it once"),
    )?;
    Ok(rules.into_iter().map(|(rule, _)| rule).collect())
}
