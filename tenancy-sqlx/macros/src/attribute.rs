//! The words inside `#[tenant(...)]`.

use std::fmt;

use proc_macro2::Span;
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Error, LitStr, Result, Token};

/// A place for `#[tenant(...)]` and the words it knows.
pub(crate) struct Place {
    /// What it is called in an error: "a field".
    pub(crate) name: &'static str,
    /// The words.
    pub(crate) words: &'static [Word],
}

/// A word, with or without a text.
#[derive(Clone, Copy)]
pub(crate) enum Word {
    /// `key`
    Flag(&'static str),
    /// `table = "payments"`: the name and an example of its text.
    Text(&'static str, &'static str),
    /// `created_at`, which is also its text, or `created_at = "made_at"`.
    Named(&'static str),
    /// `default`, or `default = "Status::Open"`: the name and an example of its text.
    Either(&'static str, &'static str),
    /// `unique = "number"`, any number of times: the name and an example of its text.
    Texts(&'static str, &'static str),
}

/// The words that stand at one place.
pub(crate) struct Words {
    found: Vec<Found>,
}

struct Found {
    name: &'static str,
    span: Span,
    text: Option<LitStr>,
}

impl Words {
    /// Reads every `#[tenant(...)]` of a place.
    pub(crate) fn read(attributes: &[syn::Attribute], place: &Place) -> Result<Self> {
        let mut words = Self { found: Vec::new() };
        for attribute in attributes.iter().filter(|one| one.path().is_ident("tenant")) {
            attribute.parse_nested_meta(|meta| words.add(&meta, place))?;
        }
        Ok(words)
    }

    /// Returns where the word stands.
    pub(crate) fn flag(&self, name: &str) -> Option<Span> {
        self.find(name).map(|found| found.span)
    }

    /// Returns the text given to the word.
    pub(crate) fn text(&self, name: &str) -> Option<&LitStr> {
        self.find(name)?.text.as_ref()
    }

    /// Returns every text given to the word.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &LitStr> {
        self.found
            .iter()
            .filter(move |found| found.name == name)
            .filter_map(|one| one.text.as_ref())
    }

    fn find(&self, name: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.name == name)
    }

    fn add(&mut self, meta: &ParseNestedMeta<'_>, place: &Place) -> Result<()> {
        let Some(word) = place.words.iter().find(|word| meta.path.is_ident(word.name())) else {
            return Err(unknown(meta, place));
        };
        let (name, span) = (word.name(), meta.path.span());
        if self.find(name).is_some() && !matches!(word, Word::Texts(..)) {
            return Err(Error::new(span, format!("`{name}` is given twice: write it once")));
        }
        let text = word.text(meta)?;
        self.found.push(Found { name, span, text });
        Ok(())
    }
}

impl Word {
    const fn name(self) -> &'static str {
        match self {
            Self::Flag(name)
            | Self::Named(name)
            | Self::Text(name, _)
            | Self::Texts(name, _)
            | Self::Either(name, _) => name,
        }
    }

    fn text(self, meta: &ParseNestedMeta<'_>) -> Result<Option<LitStr>> {
        let is_alone = meta.input.is_empty() || meta.input.peek(Token![,]);
        match self {
            Self::Flag(_) | Self::Either(..) if is_alone => Ok(None),
            Self::Flag(_) => Err(meta.error(format!("this word stands alone: write `{self}`"))),
            Self::Named(name) if is_alone => Ok(Some(LitStr::new(name, meta.path.span()))),
            Self::Text(..) | Self::Texts(..) | Self::Named(_) | Self::Either(..) => meta
                .value()
                .and_then(|value| value.parse().map(Some))
                .map_err(|_| meta.error(format!("a text is needed: write `{self}`"))),
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Named(name) => f.write_str(name),
            Self::Text(name, example)
            | Self::Texts(name, example)
            | Self::Either(name, example) => {
                write!(f, "{name} = \"{example}\"")
            }
        }
    }
}

fn unknown(meta: &ParseNestedMeta<'_>, place: &Place) -> Error {
    let word = meta.path.to_token_stream().to_string().replace(' ', "");
    let known: Vec<_> = place.words.iter().map(|word| format!("`{word}`")).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    meta.error(format!("unknown word `{word}` on {}; known there: {known}", place.name))
}
