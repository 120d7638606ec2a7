//! Text to tree: one plain statement, or a refusal.

use sqlparser::ast::Statement;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError, Whitespace, Word};

use super::dialect::Dialect;
use super::refusal::{Refusal, Result};

/// A text of this length has thousands of terms; a longer one was made by a program.
const MAX_BYTES: usize = 32 * 1024;

/// How deep subqueries and parentheses may nest before the parser refuses.
const MAX_NESTING: usize = 40;

/// A statement that was read, and the parameters that its text names, in their order.
pub(super) struct Parsed {
    pub(super) statement: Statement,
    pub(super) parameters: Vec<usize>,
}

/// Reads a statement that nobody has checked yet.
pub(super) fn parse(dialect: Dialect, text: &str) -> Result<Parsed> {
    if text.len() > MAX_BYTES {
        let most = MAX_BYTES / 1024;
        return Err(Refusal::anywhere(format!("the text is over {most} KiB: bind values")));
    }
    if text.contains('\0') {
        return Err(Refusal::anywhere("the text holds a NUL: take it out"));
    }
    // MariaDB runs what stands in some comments. A text inside quotes can be bound.
    if text.contains("/*") || text.contains("*/") {
        return Err(Refusal::anywhere("the text holds /* or */: write comments beside it"));
    }
    let tokens = tokenize(dialect, text)?;
    begins_well(&tokens)?;
    parse_tokens(dialect, tokens)
}

/// Reads a statement that was rendered from a tree.
pub(super) fn parse_rendered(dialect: Dialect, text: &str) -> Result<Parsed> {
    parse_tokens(dialect, tokenize(dialect, text)?)
}

fn tokenize(dialect: Dialect, text: &str) -> Result<Vec<TokenWithSpan>> {
    let mut tokenizer = Tokenizer::new(dialect.grammar(), text).with_unescape(false);
    let mut tokens = tokenizer.tokenize_with_location().map_err(untokenized)?;
    for token in &mut tokens {
        alike(dialect, token);
        if let Some(reason) = fault(&token.token) {
            return Err(Refusal::at_location(token.span.start, reason));
        }
    }
    Ok(tokens)
}

fn parse_tokens(dialect: Dialect, tokens: Vec<TokenWithSpan>) -> Result<Parsed> {
    let parameters = tokens.iter().filter_map(|token| parameter(&token.token)).collect();
    let options = ParserOptions::new().with_unescape(false);
    let mut parser = Parser::new(dialect.grammar())
        .with_options(options)
        .with_recursion_limit(MAX_NESTING)
        .with_tokens_with_locations(tokens);
    let statement = parser.parse_statement().map_err(|error| unparsed(error, &parser))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        let reason = format!("{} was not expected here", shown(&rest.token));
        return Err(Refusal::at_location(rest.span.start, reason));
    }
    Ok(Parsed { statement, parameters })
}

/// `$1` and `"name"` mean the same on every database; the grammar of MySQL has other ideas.
fn alike(dialect: Dialect, token: &mut TokenWithSpan) {
    match &token.token {
        Token::Word(Word { value, quote_style: None, .. }) if is_parameter(value) => {
            token.token = Token::Placeholder(value.clone());
        }
        Token::DoubleQuotedString(name) if dialect == Dialect::MySql => {
            let name = name.clone();
            token.token = Token::make_word(&name, Some('`'));
        }
        _ => {}
    }
}

/// Returns the number of `$1` and the like.
pub(super) fn parameter(token: &Token) -> Option<usize> {
    match token {
        Token::Placeholder(text) if is_parameter(text) => text[1..].parse().ok(),
        _ => None,
    }
}

/// `$` and a number of at most six digits that does not begin with 0.
fn is_parameter(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('$') else { return false };
    (1..=6).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// Tells why a token has no place in a statement.
fn fault(token: &Token) -> Option<&'static str> {
    match token {
        Token::Whitespace(
            Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_),
        ) => Some("a comment: write it beside the statement"),
        Token::SemiColon => Some("a semicolon: write one statement, without it"),
        // Whether a backslash escapes depends on settings of the session.
        Token::SingleQuotedString(text) if text.contains('\\') => {
            Some("a backslash in a text: bind the value")
        }
        Token::Placeholder(text) if !is_parameter(text) => {
            Some("an unknown kind of parameter: write $1, $2 and so on")
        }
        Token::Word(word) => fault_of_word(word),
        Token::DoubleQuotedString(_) => {
            Some("a text in double quotes: write single ones, or bind the value")
        }
        Token::Backslash
        | Token::CopyData { .. }
        | Token::Char(_)
        | Token::AtSign
        | Token::Assignment
        | Token::LBrace
        | Token::RBrace
        | Token::CustomBinaryOperator(_) => Some("this sign is not taken"),
        Token::TripleSingleQuotedString(_)
        | Token::TripleDoubleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::DoubleQuotedByteStringLiteral(_)
        | Token::TripleSingleQuotedByteStringLiteral(_)
        | Token::TripleDoubleQuotedByteStringLiteral(_)
        | Token::SingleQuotedRawStringLiteral(_)
        | Token::DoubleQuotedRawStringLiteral(_)
        | Token::TripleSingleQuotedRawStringLiteral(_)
        | Token::TripleDoubleQuotedRawStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::QuoteDelimitedStringLiteral(_)
        | Token::NationalQuoteDelimitedStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::UnicodeStringLiteral(_) => {
            Some("an unusual kind of text: write it in plain single quotes, or bind the value")
        }
        _ => None,
    }
}

fn fault_of_word(word: &Word) -> Option<&'static str> {
    let Word { value, quote_style, keyword: _ } = word;
    match quote_style {
        // What is a letter in one grammar is a blank in another: for SQLite U+FEFF ends a word.
        None if !value.is_ascii() => Some("a name that is not plain: put it into double quotes"),
        // MySQL's variables begin with @; no database agrees with another on $.
        None if value.contains(['@', '$']) => Some("a variable, or a name with @ or $ in it"),
        Some(_) if value.contains(['"', '`', '[', ']', '\\']) => {
            Some("a quote, a bracket or a backslash in a name")
        }
        _ if value.chars().any(char::is_control) => Some("a control character in a name"),
        _ => None,
    }
}

/// The parser has ways of its own for other statements: it does not get to see them.
fn begins_well(tokens: &[TokenWithSpan]) -> Result {
    let first = tokens.iter().find(|token| !matches!(token.token, Token::Whitespace(_)));
    let Some(first) = first else { return Err(Refusal::anywhere("the text is empty")) };
    match &first.token {
        Token::LParen => Ok(()),
        Token::Word(word) => match word.keyword {
            Keyword::SELECT
            | Keyword::WITH
            | Keyword::INSERT
            | Keyword::UPDATE
            | Keyword::DELETE
            | Keyword::VALUES => Ok(()),
            _ => {
                let reason = format!(
                    "it begins with {}: a tenant's transaction takes SELECT, INSERT, UPDATE and \
                     DELETE",
                    shown(&first.token)
                );
                Err(Refusal::at_location(first.span.start, reason))
            }
        },
        other => {
            let reason = format!("it begins with {}", shown(other));
            Err(Refusal::at_location(first.span.start, reason))
        }
    }
}

/// A word or a sign; never a value.
fn shown(token: &Token) -> String {
    match token {
        Token::EOF => "the end".to_owned(),
        Token::Word(word) => word.value.clone(),
        Token::Number(..) | Token::HexStringLiteral(_) => "a number".to_owned(),
        Token::SingleQuotedString(_) => "a text".to_owned(),
        other => other.to_string(),
    }
}

fn untokenized(error: TokenizerError) -> Refusal {
    let TokenizerError { message, location } = error;
    Refusal::at_location(location, format!("it cannot be read: {message}"))
}

fn unparsed(error: ParserError, parser: &Parser<'_>) -> Refusal {
    match error {
        ParserError::RecursionLimitExceeded => {
            Refusal::anywhere(format!("it nests deeper than {MAX_NESTING} levels"))
        }
        // The message of the parser may repeat a value of the text, which is part of the program.
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            let reached = parser.peek_token().span.start;
            let message = message.split(" at Line:").next().unwrap_or_default().to_owned();
            Refusal::at_location(reached, format!("it cannot be read: {message}"))
        }
    }
}
