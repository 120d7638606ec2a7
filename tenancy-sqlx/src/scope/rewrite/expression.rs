use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastFormat, CeilFloorKind, Expr, Ident, InTarget,
    Subscript, TypedString, UnaryOperator, Value, ValueWithSpan,
};

use super::names::single;
use super::types::data_type;
use super::walk::{Walk, absent, unless};
use crate::scope::refusal::{Refusal, Result};

impl Walk<'_> {
    /// Walks an expression: it may hold subqueries and call functions.
    #[expect(clippy::too_many_lines, reason = "an arm for each kind of expression")]
    pub(super) fn expression(&mut self, expr: &mut Expr) -> Result {
        self.count.expressions += 1;
        match expr {
            Expr::Identifier(_) => Ok(()),
            Expr::CompoundIdentifier(parts) => column(parts),
            Expr::Value(value) => literal(value),
            Expr::Nested(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner)
            | Expr::IsJson { expr: inner, kind: _, unique_keys: _, negated: _ }
            | Expr::IsNormalized { expr: inner, form: _, negated: _ }
            | Expr::Extract { field: _, syntax: _, expr: inner } => self.expression(inner),
            Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right)
            | Expr::AtTimeZone { timestamp: left, time_zone: right }
            | Expr::Position { expr: left, r#in: right }
            | Expr::RLike { negated: _, expr: left, pattern: right, regexp: _ } => {
                self.expressions([left.as_mut(), right.as_mut()])
            }
            Expr::UnaryOp { op, expr: inner } => {
                unary(*op, inner)?;
                self.expression(inner)
            }
            Expr::BinaryOp { left, op, right }
            | Expr::AnyOp { left, compare_op: op, right, is_some: _ }
            | Expr::AllOp { left, compare_op: op, right } => {
                binary(op, left)?;
                self.expressions([left.as_mut(), right.as_mut()])
            }
            Expr::Between { expr: inner, negated: _, low, high } => {
                self.expressions([inner.as_mut(), low.as_mut(), high.as_mut()])
            }
            Expr::Like { negated: _, any: _, expr: inner, pattern, escape_char }
            | Expr::ILike { negated: _, any: _, expr: inner, pattern, escape_char }
            | Expr::SimilarTo { negated: _, expr: inner, pattern, escape_char } => {
                self.expressions([inner.as_mut(), pattern.as_mut()])?;
                self.expressions(escape_char.as_deref_mut())
            }
            Expr::In { expr: inner, target, negated: _, global } => {
                unless(*global, "GLOBAL", inner.as_ref())?;
                self.expression(inner)?;
                self.members(target)
            }
            Expr::Exists { subquery, negated: _ } | Expr::Subquery(subquery) => {
                self.query(subquery)
            }
            Expr::Function(function) => self.function(function),
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                self.expressions(operand.as_deref_mut())?;
                for CaseWhen { condition, result } in conditions {
                    self.expressions([condition, result])?;
                }
                self.expressions(else_result.as_deref_mut())
            }
            Expr::Cast { kind: _, expr: inner, data_type: to, format } => {
                data_type(to, inner.as_ref())?;
                let format: Option<&CastFormat> = format.as_ref();
                absent(format, "FORMAT", inner.as_ref())?;
                self.expression(inner)
            }
            Expr::Convert {
                is_try: _,
                expr: inner,
                data_type: to,
                charset,
                target_before_value: _,
                styles,
            } => {
                if let Some(to) = to {
                    data_type(to, inner.as_ref())?;
                }
                if let Some(charset) = charset {
                    single(charset, "a character set")?;
                }
                self.expression(inner)?;
                self.expressions(styles)
            }
            Expr::TypedString(TypedString { data_type: of, value, uses_odbc_syntax }) => {
                unless(*uses_odbc_syntax, "{d …}", value)?;
                data_type(of, value)?;
                literal(value)
            }
            Expr::Ceil { expr: inner, field } | Expr::Floor { expr: inner, field } => {
                let (CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_)) = field;
                self.expression(inner)
            }
            Expr::Substring {
                expr: inner,
                substring_from,
                substring_for,
                special: _,
                shorthand: _,
            } => {
                self.expression(inner)?;
                self.expressions(substring_from.as_deref_mut())?;
                self.expressions(substring_for.as_deref_mut())
            }
            Expr::Trim { trim_where: _, trim_what, expr: inner, trim_characters } => {
                self.expression(inner)?;
                self.expressions(trim_what.as_deref_mut())?;
                self.expressions(trim_characters.iter_mut().flatten())
            }
            Expr::Overlay { expr: inner, overlay_what, overlay_from, overlay_for } => {
                self.expressions([inner.as_mut(), overlay_what.as_mut(), overlay_from.as_mut()])?;
                self.expressions(overlay_for.as_deref_mut())
            }
            Expr::Collate { expr: inner, collation } => {
                single(collation, "a collation")?;
                self.expression(inner)
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                self.expressions(sets.iter_mut().flatten())
            }
            Expr::Tuple(members) => self.expressions(members),
            Expr::Array(array) => self.expressions(&mut array.elem),
            Expr::Interval(interval) => self.expression(&mut interval.value),
            Expr::MatchAgainst { columns, match_value, opt_search_modifier: _ } => {
                for column in columns {
                    single(column, "a column of MATCH")?;
                }
                literal(match_value)
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.expression(root)?;
                access_chain.iter_mut().try_for_each(|access| self.access(access))
            }
            Expr::JsonAccess { .. }
            | Expr::Prefixed { .. }
            | Expr::Struct { .. }
            | Expr::Named { .. }
            | Expr::Dictionary(_)
            | Expr::Map(_)
            | Expr::Wildcard(_)
            | Expr::QualifiedWildcard(..)
            | Expr::OuterJoin(_)
            | Expr::Prior(_)
            | Expr::Lambda(_)
            | Expr::MemberOf(_) => Err(Refusal::at(expr, "this kind of expression is not taken")),
        }
        .map_err(|refusal| refusal.or_at(expr))
    }

    /// What stands behind IN. SQLite takes the name of a table there.
    fn members(&mut self, target: &mut InTarget) -> Result {
        match target {
            InTarget::List(list) => self.expressions(list),
            InTarget::Subquery(query) => self.query(query),
            InTarget::Table { name, args: _ } => {
                Err(Refusal::at(name, "IN and a table: write IN (SELECT … FROM …)"))
            }
            InTarget::Unnest(expr) => Err(Refusal::at(expr.as_ref(), "IN UNNEST is not taken")),
        }
    }

    fn access(&mut self, access: &mut AccessExpr) -> Result {
        match access {
            AccessExpr::Dot(field) => {
                unless(!matches!(field, Expr::Identifier(_)), "this kind of field", field)?;
                self.expression(field)
            }
            AccessExpr::Subscript(Subscript::Index { index }) => self.expression(index),
            AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                self.expressions([lower_bound, upper_bound, stride].into_iter().flatten())
            }
        }
    }
}

/// A column, or a column of a table. With a third part it would name a schema.
fn column(parts: &[Ident]) -> Result {
    match parts {
        [] | [_] | [_, _] => Ok(()),
        [first, ..] => {
            Err(Refusal::at(first, "a column with more than two parts: write alias.column"))
        }
    }
}

fn literal(value: &ValueWithSpan) -> Result {
    match &value.value {
        Value::Number(..)
        | Value::SingleQuotedString(_)
        | Value::HexStringLiteral(_)
        | Value::Boolean(_)
        | Value::Null => Ok(()),
        // The tokens were checked: it is `$` and a number.
        Value::Placeholder(text) if text.starts_with('$') => Ok(()),
        _ => Err(Refusal::at(value, "this kind of value: bind it")),
    }
}

fn unary(op: UnaryOperator, near: &Expr) -> Result {
    match op {
        UnaryOperator::Plus
        | UnaryOperator::Minus
        | UnaryOperator::Not
        | UnaryOperator::BangNot
        | UnaryOperator::BitwiseNot
        | UnaryOperator::PGAbs
        | UnaryOperator::PGSquareRoot
        | UnaryOperator::PGCubeRoot => Ok(()),
        _ => Err(Refusal::at(near, format!("the operator {op}"))),
    }
}

/// `OPERATOR(schema.name)` could be any function.
fn binary(op: &BinaryOperator, near: &Expr) -> Result {
    match op {
        BinaryOperator::Custom(_)
        | BinaryOperator::PGCustomBinaryOperator(_)
        | BinaryOperator::Assignment
        | BinaryOperator::DuckIntegerDivide
        | BinaryOperator::QuestionHash
        | BinaryOperator::QuestionDash
        | BinaryOperator::QuestionDashPipe
        | BinaryOperator::QuestionDoublePipe => {
            Err(Refusal::at(near, format!("the operator {op}")))
        }
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo
        | BinaryOperator::StringConcat
        | BinaryOperator::Gt
        | BinaryOperator::Lt
        | BinaryOperator::GtEq
        | BinaryOperator::LtEq
        | BinaryOperator::Spaceship
        | BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::And
        | BinaryOperator::Or
        | BinaryOperator::Xor
        | BinaryOperator::BitwiseOr
        | BinaryOperator::BitwiseAnd
        | BinaryOperator::BitwiseXor
        | BinaryOperator::MyIntegerDivide
        | BinaryOperator::Match
        | BinaryOperator::Regexp
        | BinaryOperator::Glob
        | BinaryOperator::PGBitwiseXor
        | BinaryOperator::PGBitwiseShiftLeft
        | BinaryOperator::PGBitwiseShiftRight
        | BinaryOperator::PGExp
        | BinaryOperator::PGOverlap
        | BinaryOperator::PGRegexMatch
        | BinaryOperator::PGRegexIMatch
        | BinaryOperator::PGRegexNotMatch
        | BinaryOperator::PGRegexNotIMatch
        | BinaryOperator::PGLikeMatch
        | BinaryOperator::PGILikeMatch
        | BinaryOperator::PGNotLikeMatch
        | BinaryOperator::PGNotILikeMatch
        | BinaryOperator::PGStartsWith
        | BinaryOperator::Arrow
        | BinaryOperator::LongArrow
        | BinaryOperator::HashArrow
        | BinaryOperator::HashLongArrow
        | BinaryOperator::AtAt
        | BinaryOperator::AtArrow
        | BinaryOperator::ArrowAt
        | BinaryOperator::HashMinus
        | BinaryOperator::AtQuestion
        | BinaryOperator::Question
        | BinaryOperator::QuestionAnd
        | BinaryOperator::QuestionPipe
        | BinaryOperator::Overlaps
        | BinaryOperator::DoubleHash
        | BinaryOperator::LtDashGt
        | BinaryOperator::AndLt
        | BinaryOperator::AndGt
        | BinaryOperator::LtLtPipe
        | BinaryOperator::PipeGtGt
        | BinaryOperator::AndLtPipe
        | BinaryOperator::PipeAndGt
        | BinaryOperator::LtCaret
        | BinaryOperator::GtCaret
        | BinaryOperator::At
        | BinaryOperator::TildeEq
        | BinaryOperator::Is
        | BinaryOperator::IsNot => Ok(()),
    }
}
