//! The entity as it was written, with every rule checked.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{
    Data, DeriveInput, Error, Expr, Fields, Ident, LitStr, Result, Token, Type, Visibility,
    parse_quote,
};

use crate::attribute::{Place, Word, Words};
use crate::errors::{all, both, distinct};
use crate::name::plain;

use super::unique::{self, Unique};

/// A table whose rows a struct holds; the roles are positions in `columns`.
pub(crate) struct Entity {
    pub(crate) ident: Ident,
    pub(crate) table: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) tenant: usize,
    pub(crate) key: usize,
    pub(crate) kept: Kept,
    pub(crate) uniques: Vec<Unique>,
}

/// The columns that the library writes.
pub(crate) struct Kept {
    pub(crate) version: Option<usize>,
    pub(crate) created_at: Option<usize>,
    pub(crate) updated_at: Option<usize>,
    pub(crate) deleted_at: Option<usize>,
    pub(crate) deleted_by: Option<usize>,
}

/// A field and its column.
pub(crate) struct Column {
    pub(crate) field: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) name: String,
    /// What it holds when a draft leaves it out, if that is said.
    pub(crate) default: Option<Expr>,
    named_at: Span,
    pub(super) tenant: Option<Span>,
    key: Option<Span>,
}

const STRUCT: Place = Place {
    name: "an entity",
    words: &[
        Word::Text("table", "payments"),
        Word::Text("version", "version"),
        Word::Named("created_at"),
        Word::Named("updated_at"),
        Word::Text("soft_delete", "deleted_at"),
        Word::Text("deleted_by", "deleted_by"),
        Word::Texts("unique", "number"),
    ],
};

const FIELD: Place = Place {
    name: "an entity's field",
    words: &[
        Word::Flag("key"),
        Word::Flag("tenant"),
        Word::Text("column", "other_name"),
        Word::Either("default", "Status::Open"),
    ],
};

impl Entity {
    /// Reads a struct.
    pub(crate) fn read(input: &DeriveInput) -> Result<Self> {
        let fields = named_fields(input)?;
        let words = Words::read(&input.attrs, &STRUCT);
        let (words, columns) = both(words, all(fields.iter().map(Column::read)))?;
        let ident = &input.ident;
        let names = both(table(ident, &words), distinct_columns(&columns));
        let roles = both(tenant_and_key(ident, &columns), Kept::read(ident, &words, &columns));
        let ((table, ()), ((tenant, key), kept)) = both(names, roles)?;
        kept.stand_alone(&words, tenant, key)?;
        let uniques = unique::read(ident, &words, &columns, tenant)?;
        Ok(Self { ident: ident.clone(), table, columns, tenant, key, kept, uniques })
    }
}

impl Column {
    pub(super) fn read(field: &syn::Field) -> Result<Self> {
        let words = Words::read(&field.attrs, &FIELD)?;
        let ident = field.ident.clone().expect("a named field has a name");
        let (name, named_at) = column_name(&ident, words.text("column"))?;
        let (tenant, key) = (words.flag("tenant"), words.flag("key"));
        let (vis, ty) = (field.vis.clone(), field.ty.clone());
        let default = match (words.flag("default"), words.text("default")) {
            (_, Some(text)) => Some(text.parse()?),
            (Some(_), None) => Some(parse_quote! { ::core::default::Default::default() }),
            (None, None) => None,
        };
        Ok(Self { field: ident, vis, ty, name, default, named_at, tenant, key })
    }

    pub(super) fn is_field(&self, name: &str) -> bool {
        self.field.unraw() == name
    }
}

pub(super) fn named_fields(input: &DeriveInput) -> Result<&Punctuated<syn::Field, Token![,]>> {
    let refuse = |what| {
        let message = format!("{what} is no tenant entity: write a struct with named fields");
        Err(Error::new_spanned(&input.ident, message))
    };
    if !input.generics.params.is_empty() {
        let message = "a tenant entity has no generics: write one struct for each table";
        return Err(Error::new_spanned(&input.generics, message));
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(&fields.named),
            Fields::Unnamed(_) => refuse("a tuple struct"),
            Fields::Unit => refuse("a struct without fields"),
        },
        Data::Enum(_) => refuse("an enum"),
        Data::Union(_) => refuse("a union"),
    }
}

fn column_name(field: &Ident, column: Option<&LitStr>) -> Result<(String, Span)> {
    let (name, span, remedy) = match column {
        Some(column) => (column.value(), column.span(), "write"),
        None => (field.unraw().to_string(), field.span(), "add `#[tenant(column = \"...\")]` with"),
    };
    plain("column", &name, span, remedy)?;
    Ok((name, span))
}

pub(super) fn distinct_columns(columns: &[Column]) -> Result<()> {
    distinct(
        columns,
        |column| &column.name,
        |first, second| {
            let message = format!(
                "the fields `{}` and `{}` share the column `{}`: give one another name",
                first.field, second.field, second.name
            );
            Error::new(second.named_at, message)
        },
    )
}

pub(super) fn table(ident: &Ident, words: &Words) -> Result<String> {
    let table = words.text("table").ok_or_else(|| {
        let message = format!("`{ident}` names no table: add `#[tenant(table = \"...\")]`");
        Error::new_spanned(ident, message)
    })?;
    plain("table", &table.value(), table.span(), "write")?;
    Ok(table.value())
}

fn tenant_and_key(ident: &Ident, columns: &[Column]) -> Result<(usize, usize)> {
    let (tenant, key) = both(tenant(ident, columns), key(ident, columns))?;
    if tenant == key {
        let message = "the tenant cannot be the key: write `#[tenant(key)]` on the field that \
                       identifies a row within its tenant";
        return Err(Error::new(columns[key].key.unwrap_or_else(|| ident.span()), message));
    }
    Ok((tenant, key))
}

pub(super) fn key(ident: &Ident, columns: &[Column]) -> Result<usize> {
    let marked = only_one("key", columns, |column| column.key)?;
    marked.ok_or_else(|| {
        let message = format!(
            "`{ident}` has no key: write `#[tenant(key)]` on the field that identifies a row \
             within its tenant"
        );
        Error::new_spanned(ident, message)
    })
}

fn tenant(ident: &Ident, columns: &[Column]) -> Result<usize> {
    let marked = only_one("tenant", columns, |column| column.tenant)?;
    let named = || columns.iter().position(|column| column.is_field("tenant_id"));
    marked.or_else(named).ok_or_else(|| {
        let message = format!(
            "`{ident}` has no tenant: add a field `tenant_id: TenantId`, or write \
             `#[tenant(tenant)]` on the field that holds it"
        );
        Error::new_spanned(ident, message)
    })
}

fn only_one(
    word: &str,
    columns: &[Column],
    mark: impl Fn(&Column) -> Option<Span>,
) -> Result<Option<usize>> {
    let mut marked = columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| mark(column).map(|span| (at, column, span)));
    let Some((at, first, _)) = marked.next() else { return Ok(None) };
    let Some((_, _, span)) = marked.next() else { return Ok(Some(at)) };
    let message = format!(
        "a second `{word}`: `{}` is marked already; exactly one field is the {word}",
        first.field
    );
    Err(Error::new(span, message))
}

impl Kept {
    fn read(ident: &Ident, words: &Words, columns: &[Column]) -> Result<Self> {
        let at = |word, what| kept(ident, words, columns, word, what);
        let times = "a field that holds a time";
        let counted = both(at("version", "an `i64` field"), at("created_at", times));
        let changed = both(at("updated_at", times), at("soft_delete", times));
        let by = at("deleted_by", "an `Option<String>` field");
        let (((version, created_at), (updated_at, deleted_at)), deleted_by) =
            both(both(counted, changed), by)?;
        if let (Some(by), None) = (words.text("deleted_by"), deleted_at) {
            let message =
                "only a soft delete leaves who did it: add `soft_delete = \"deleted_at\"`";
            return Err(Error::new_spanned(by, message));
        }
        Ok(Self { version, created_at, updated_at, deleted_at, deleted_by })
    }

    /// Each with its word, in the order of the documentation.
    pub(crate) fn all(&self) -> [(&'static str, Option<usize>); 5] {
        [
            ("version", self.version),
            ("created_at", self.created_at),
            ("updated_at", self.updated_at),
            ("soft_delete", self.deleted_at),
            ("deleted_by", self.deleted_by),
        ]
    }

    /// Each column has one role at most.
    fn stand_alone(&self, words: &Words, tenant: usize, key: usize) -> Result<()> {
        let mut taken = vec![("tenant", tenant), ("key", key)];
        for (word, at) in self.all() {
            let Some(at) = at else { continue };
            if let Some((role, _)) = taken.iter().find(|(_, column)| *column == at) {
                let message =
                    format!("this field is the {role} already: write the name of another");
                return Err(Error::new_spanned(words.text(word), message));
            }
            taken.push((word, at));
        }
        Ok(())
    }
}

fn kept(
    ident: &Ident,
    words: &Words,
    columns: &[Column],
    word: &str,
    what: &str,
) -> Result<Option<usize>> {
    let Some(field) = words.text(word) else { return Ok(None) };
    let name = field.value();
    let at = columns.iter().position(|column| column.is_field(&name)).ok_or_else(|| {
        let message = format!("`{ident}` has no field `{name}`: write the name of {what}");
        Error::new_spanned(field, message)
    })?;
    Ok(Some(at))
}
