use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::TenantId;
use tenancy_core::audit::{AuditParty, AuditQuery};
use tenancy_core::entity::{ToValue as _, Value};

use super::row::columns;

/// Returns the statement of a query, and its values.
pub(super) fn statement(tenant: TenantId, query: &AuditQuery) -> (SqlStr, Vec<Value>) {
    let (after, limit) = query.page();
    let mut statement = Statement::new();
    statement.and("tenant_id =", tenant.to_value());
    if let Some(after) = after {
        let behind = if query.is_newest_first() { "sequence <" } else { "sequence >" };
        statement.and(behind, i64::try_from(after).unwrap_or(i64::MAX).to_value());
    }
    let party = |party: &AuditParty| party.to_string().to_value();
    statement.and_if("actor =", query.wanted_actor().map(party));
    statement.and_if("owner =", query.wanted_owner().map(party));
    if let Some(resource) = query.wanted_resource() {
        statement.and("resource_kind =", resource.kind().to_value());
        statement.and("resource_id =", resource.id().to_value());
    }
    statement.and_if("action =", query.wanted_action().map(|it| it.as_str().to_value()));
    let (since, until) = query.wanted_times();
    statement.and_if("happened_at >=", since.map(|since| since.to_value()));
    statement.and_if("happened_at <", until.map(|until| until.to_value()));
    if query.wants_by_others() {
        // As the index says it.
        statement.sql.push_str(" AND owner IS NOT NULL AND (actor IS NULL OR actor <> owner)");
    }
    statement.end(query.is_newest_first(), limit)
}

/// Grows by constants and the numbers of placeholders: nothing in it comes from outside.
struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    fn new() -> Self {
        let sql = concat!("SELECT ", columns!(), " FROM tenancy_audit_events WHERE");
        Self { sql: sql.to_owned(), values: Vec::new() }
    }

    fn and(&mut self, comparison: &'static str, value: Value) {
        let and = if self.values.is_empty() { "" } else { " AND" };
        self.values.push(value);
        // Writing to a String does not fail.
        let _ = write!(self.sql, "{and} {comparison} ${}", self.values.len());
    }

    fn and_if(&mut self, comparison: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.and(comparison, value);
        }
    }

    fn end(mut self, newest_first: bool, limit: u32) -> (SqlStr, Vec<Value>) {
        self.values.push(i64::from(limit).to_value());
        let order = if newest_first { " DESC" } else { "" };
        let _ = write!(self.sql, " ORDER BY sequence{order} LIMIT ${}", self.values.len());
        (AssertSqlSafe(self.sql).into_sql_str(), self.values)
    }
}
