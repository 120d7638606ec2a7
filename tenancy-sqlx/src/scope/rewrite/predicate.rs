use sqlparser::ast::{BinaryOperator, Expr, Ident, Value};

use super::walk::Walk;
use crate::scope::dialect::Dialect;

impl Walk<'_> {
    /// The parameter of the tenant.
    pub(super) fn tenant(&self) -> Expr {
        Expr::Value(Value::Placeholder(format!("${}", self.tenant)).with_empty_span())
    }

    /// `"notes"."tenant_id" = $3`, for a table by the name that its FROM gives it.
    pub(super) fn own_rows(&self, table: &Ident, column: &str) -> Expr {
        // Postgres alone folds a name that stands without quotes.
        let table = match (self.dialect, table.quote_style) {
            (Dialect::Postgres, None) => self.quoted(&table.value.to_ascii_lowercase()),
            _ => self.quoted(&table.value),
        };
        Expr::BinaryOp {
            left: Box::new(Expr::CompoundIdentifier(vec![table, self.quoted(column)])),
            op: BinaryOperator::Eq,
            right: Box::new(self.tenant()),
        }
    }
}

/// Requires `others` beside what a condition requires already.
///
/// What the user wrote goes into parentheses, whatever it is: then no operator in it can reach
/// out, in the grammar of the database either.
pub(super) fn also(condition: &mut Option<Expr>, others: Vec<Expr>) {
    for other in others {
        *condition = Some(match condition.take() {
            None => other,
            Some(before) => Expr::BinaryOp {
                left: Box::new(closed(before)),
                op: BinaryOperator::And,
                right: Box::new(other),
            },
        });
    }
}

fn closed(expr: Expr) -> Expr {
    match expr {
        Expr::Nested(_) => expr,
        other => Expr::Nested(Box::new(other)),
    }
}
