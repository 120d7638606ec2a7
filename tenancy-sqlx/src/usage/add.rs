//! Adding to rows that may not be there yet, many in a statement.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use tenancy_core::entity::{ToValue as _, Value};
use tenancy_core::usage::{Dimension, Series, Usage};
use tenancy_core::{Error, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::sums::Sums;
use crate::backend::{Backend, Connection};

const DOING: &str = "record usage";
/// Rows of one statement: few sizes, so that few statements are prepared.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// A total stays at the highest number there is.
macro_rules! add_up {
    ($table:literal) => {
        concat!(
            " DO UPDATE SET total = CASE WHEN ",
            $table,
            ".total > 9223372036854775807 - excluded.total THEN 9223372036854775807 ELSE ",
            $table,
            ".total + excluded.total END"
        )
    };
}

/// How rows of a table are written: what stands before and after their values.
struct Rows {
    head: &'static str,
    columns: usize,
    tail: &'static str,
    tail_mysql: &'static str,
}

const ADD_UP_MYSQL: &str = " ON DUPLICATE KEY UPDATE total = CASE WHEN \
     total > 9223372036854775807 - VALUES(total) THEN 9223372036854775807 \
     ELSE total + VALUES(total) END";

const TOTALS: Rows = Rows {
    head: "INSERT INTO tenancy_usage_totals (tenant_id, month, meter, dimension, total) VALUES ",
    columns: 5,
    tail: concat!(
        " ON CONFLICT (tenant_id, month, meter, dimension)",
        add_up!("tenancy_usage_totals")
    ),
    tail_mysql: ADD_UP_MYSQL,
};

const HOURS: Rows = Rows {
    head: "INSERT INTO tenancy_usage_hours (tenant_id, meter, hour, total) VALUES ",
    columns: 4,
    tail: concat!(" ON CONFLICT (tenant_id, meter, hour)", add_up!("tenancy_usage_hours")),
    tail_mysql: ADD_UP_MYSQL,
};

const ADJUSTMENTS: Rows = Rows {
    head: "INSERT INTO tenancy_usage_adjustments \
           (tenant_id, id, month, meter, dimension, amount, reason, adjusted_at) VALUES ",
    columns: 8,
    tail: "",
    tail_mysql: "",
};

/// Adds everything within the transaction.
pub(super) async fn add(
    connection: &mut Connection,
    tenant: TenantId,
    sums: &Sums,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let totals = sums.totals.iter().map(|((month, series), sum)| {
        let [meter, dimension] = names(series);
        vec![tenant.to_value(), month.to_string().to_value(), meter, dimension, count(*sum)]
    });
    TOTALS.write(connection, totals.collect()).await?;
    let hours = sums.hours.iter().map(|((meter, hour), sum)| {
        let (meter, hour) = (meter.as_str().to_value(), hour.start().to_value());
        vec![tenant.to_value(), meter, hour, count(*sum)]
    });
    HOURS.write(connection, hours.collect()).await?;
    let late = sums.late.iter().map(|((month, series), sum)| {
        let [meter, dimension] = names(series);
        let (id, month) = (Uuid::now_v7().to_value(), month.to_string().to_value());
        let (reason, at) = ("it came late".to_value(), now.to_value());
        vec![tenant.to_value(), id, month, meter, dimension, count(*sum), reason, at]
    });
    ADJUSTMENTS.write(connection, late.collect()).await
}

/// Returns the columns `meter` and `dimension`.
pub(super) fn names(series: &Series) -> [Value; 2] {
    let dimension = series.dimension().map_or("", Dimension::as_str);
    [series.meter().as_str().to_value(), dimension.to_value()]
}

/// Returns a count as it is stored.
pub(super) fn count(count: u64) -> Value {
    Value::Int(i64::try_from(count.min(Usage::MAX_COUNT)).unwrap_or(i64::MAX))
}

impl Rows {
    async fn write(&self, connection: &mut Connection, rows: Vec<Vec<Value>>) -> Result<(), Error> {
        let mut left = rows.len();
        let mut rows = rows.into_iter();
        while let Some(size) = SIZES.into_iter().find(|size| *size <= left) {
            left -= size;
            let values = rows.by_ref().take(size).flatten().collect();
            let sql = AssertSqlSafe(self.text(connection.backend(), size)).into_sql_str();
            connection.execute(DOING, sql, values).await?;
        }
        Ok(())
    }

    /// Constants and the numbers of placeholders: nothing in here comes from outside.
    fn text(&self, backend: Backend, rows: usize) -> String {
        let mut sql = self.head.to_owned();
        for row in 0..rows {
            for column in 0..self.columns {
                let before = match (row, column) {
                    (0, 0) => "(",
                    (_, 0) => "), (",
                    _ => ", ",
                };
                // Writing to a String does not fail.
                let _ = write!(sql, "{before}${}", row * self.columns + column + 1);
            }
        }
        sql.push(')');
        sql + match backend {
            Backend::MySql => self.tail_mysql,
            _ => self.tail,
        }
    }
}
