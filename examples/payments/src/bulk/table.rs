//! A file of payments, as text with commas (RFC 4180).

use std::collections::BTreeSet;

use tenancy_core::Problem;

use super::totals::Totals;
use crate::line::Line;
use crate::money::{Amount, Currency};

/// The columns, in this order.
const COLUMNS: [&str; 4] = ["amount", "currency", "reference", "payment_method"];

/// The most rows of a file.
const MOST: usize = 10_000;

/// A row that can be paid, or what is wrong with it.
pub(super) type Row = Result<Good, Bad>;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Good {
    pub(super) amount: Amount,
    pub(super) currency: Currency,
    pub(super) reference: String,
    pub(super) payment_method: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) column: &'static str,
    pub(super) code: &'static str,
}

/// The first line of a file, to begin one with.
pub(super) fn template() -> String {
    COLUMNS.join(",") + "\r\n"
}

/// What a file says.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// Of all rows whose amount and currency can be read, also of those that are not good.
    pub(super) totals: Totals,
}

/// Reads a file. The first line has the names of the columns.
///
/// # Errors
///
/// 422 when that is not so, when there are no rows or too many, or when they add up to more than
/// a number holds.
pub(super) fn read(text: &str) -> Result<Table, Problem> {
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    let names = lines.next().and_then(fields).unwrap_or_default();
    if names != COLUMNS {
        return Err(not_read("the first line is amount,currency,reference,payment_method"));
    }
    let mut seen = BTreeSet::new();
    let mut totals = Totals::default();
    let mut rows = Vec::new();
    for line in lines.take(MOST + 1) {
        let money = fields(line).ok_or_else(|| bad("amount", "quotes_unbalanced")).and_then(money);
        if let Ok(Money { amount, currency, .. }) = &money {
            let added = totals.add(*amount, *currency);
            added.ok_or_else(|| not_read("the amounts add up to more than is possible"))?;
        }
        rows.push(money.and_then(|money| row(money, &mut seen)));
    }
    if rows.is_empty() || rows.len() > MOST {
        return Err(not_read("1 to 10,000 rows are expected"));
    }
    Ok(Table { rows, totals })
}

/// A row whose amount and currency could be read.
struct Money {
    amount: Amount,
    currency: Currency,
    reference: String,
    payment_method: String,
}

const fn bad(column: &'static str, code: &'static str) -> Bad {
    Bad { column, code }
}

fn money(fields: Vec<String>) -> Result<Money, Bad> {
    let Ok([amount, currency, reference, payment_method]) = <[String; 4]>::try_from(fields) else {
        return Err(bad("amount", "columns_missing"));
    };
    let amount = amount.parse().ok().and_then(Amount::new);
    let amount = amount.ok_or_else(|| bad("amount", "amount_invalid"))?;
    let currency = Currency::parse(&currency).ok_or_else(|| bad("currency", "currency_unknown"))?;
    Ok(Money { amount, currency, reference, payment_method })
}

fn row(money: Money, seen: &mut BTreeSet<String>) -> Row {
    let Money { amount, currency, reference, payment_method } = money;
    let text = |text: String| serde_json::from_value::<Line<100>>(text.into()).ok();
    let reference = text(reference).ok_or_else(|| bad("reference", "reference_invalid"))?;
    let payment_method =
        text(payment_method).ok_or_else(|| bad("payment_method", "payment_method_invalid"))?;
    let reference = reference.into_string();
    if !seen.insert(reference.clone()) {
        return Err(bad("reference", "reference_twice"));
    }
    Ok(Good { amount, currency, reference, payment_method: payment_method.into_string() })
}

/// Takes a line apart; `None` when a quote is not closed. A field has no line breaks.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line.strip_suffix('\r').unwrap_or(line);
    loop {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            let mut text = String::new();
            let mut quoted = quoted;
            loop {
                let (before, after) = quoted.split_once('"')?;
                text.push_str(before);
                match after.strip_prefix('"') {
                    Some(more) => {
                        text.push('"');
                        quoted = more;
                    }
                    None => break (text, after),
                }
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None if after.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

fn not_read(detail: &'static str) -> Problem {
    Problem::new(422, "file_invalid", "The file cannot be read").with_detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &str = "amount,currency,reference,payment_method\n";

    fn codes(rows: &str) -> Vec<Option<(&'static str, &'static str)>> {
        let read = read(&format!("{NAMES}{rows}")).unwrap();
        read.rows.into_iter().map(|row| row.err().map(|bad| (bad.column, bad.code))).collect()
    }

    #[test]
    fn each_row_is_good_or_says_what_is_not() {
        let rows = "1250,USD,a,pm_card\r\n0,USD,b,pm_card\n12.50,USD,c,pm_card\n1,ABC,d,pm_card\n\
                    1,USD,,pm_card\n1,USD,a,pm_card\n1,USD,e\n1,USD,\"f,\"\"g\"\"\",pm_card\n\
                    1,USD,\"h,pm_card";
        assert_eq!(
            codes(rows),
            [
                None,
                Some(("amount", "amount_invalid")),
                Some(("amount", "amount_invalid")),
                Some(("currency", "currency_unknown")),
                Some(("reference", "reference_invalid")),
                Some(("reference", "reference_twice")),
                Some(("amount", "columns_missing")),
                None,
                Some(("amount", "quotes_unbalanced")),
            ]
        );
        let quoted = read(&format!("{NAMES}1,USD,\"f,\"\"g\"\"\",pm_card")).unwrap();
        assert_eq!(quoted.rows[0].as_ref().unwrap().reference, "f,\"g\"");
    }

    #[test]
    fn rows_add_up_also_when_they_are_not_good() {
        let rows = "1250,USD,a,pm_card\n7,EUR,b,pm_card\n3,USD,a,pm_card\n5,USD,,pm_card\n\
                    0,USD,c,pm_card\n1,ABC,d,pm_card";
        let totals = read(&format!("{NAMES}{rows}")).unwrap().totals;
        assert_eq!(totals.to_string(), "EUR:7,USD:1258");
        let much = format!("{NAMES}{max},USD,a,b\n1,USD,c,d", max = i64::MAX);
        assert_eq!(read(&much).unwrap_err().code(), "file_invalid");
        assert_eq!(read(&format!("{}1,USD,a,b", template())).unwrap().rows.len(), 1);
    }

    #[test]
    fn a_file_has_names_and_rows() {
        for text in ["", "amount\n1", NAMES, &format!("{NAMES}{}", "1,USD,a,b\n".repeat(10_001))] {
            assert_eq!(read(text).unwrap_err().code(), "file_invalid");
        }
        assert!(read(&format!("\u{feff}{NAMES}1,USD,a,b")).is_ok());
    }
}
