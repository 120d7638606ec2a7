//! Values for rows that a probe makes up.

use rust_decimal::Decimal;
use tenancy_core::TenantId;
use tenancy_core::entity::{Column, Kind, Table, ToValue as _, Value};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// One way to make values up. A table's rules may refuse some; then the next is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    form: Form,
    /// Whether columns that may be null have values.
    is_filled: bool,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    /// Numbers that fit 32 bits, words.
    Wide,
    /// Small numbers, codes of three letters.
    Code,
    /// Numbers up to 100, single letters.
    Letter,
    /// Addresses of e-mail.
    Address,
}

impl Style {
    /// All of them, in the order in which they are tried.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let forms = [Form::Wide, Form::Code, Form::Letter, Form::Address];
        forms.into_iter().flat_map(|form| [true, false].map(|is_filled| Self { form, is_filled }))
    }

    /// Makes a row up; `number` makes it another one than those of other numbers.
    pub(super) fn row(self, table: &Table, tenant: TenantId, number: u32) -> Vec<Value> {
        let columns = table.columns().iter().enumerate();
        let value = |(at, column): (usize, &Column)| {
            if at == table.tenant() {
                return tenant.to_value();
            }
            if Some(at) == table.version() {
                return Value::Int(1);
            }
            if Some(at) == table.deleted_at() || Some(at) == table.deleted_by() {
                return Value::Null(column.kind());
            }
            if column.is_nullable() && !self.is_filled {
                return Value::Null(column.kind());
            }
            self.value(column, number)
        };
        columns.map(value).collect()
    }

    fn value(self, column: &Column, number: u32) -> Value {
        if let Some(choice) = column.choices().first() {
            return (*choice).to_value();
        }
        match column.kind() {
            Kind::Bool => Value::Bool(true),
            Kind::Int => Value::Int(self.integer(number)),
            Kind::Float => match self.form {
                Form::Wide | Form::Code | Form::Address => Value::Float(number.into()),
                Form::Letter => Value::Float(0.5),
            },
            Kind::Decimal => match self.form {
                Form::Wide | Form::Code | Form::Address => Value::Decimal(number.into()),
                Form::Letter => Value::Decimal(Decimal::new(5, 1)),
            },
            Kind::Bytes => Value::Bytes(number.to_be_bytes().to_vec()),
            Kind::Uuid => Value::Uuid(Uuid::now_v7()),
            Kind::Time => {
                // Microseconds are all that databases keep.
                let then = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
                Value::Time(then + Duration::seconds(number.into()))
            }
            _ => Value::Text(self.text(number)),
        }
    }

    fn integer(self, number: u32) -> i64 {
        let number = i64::from(number);
        match self.form {
            Form::Wide | Form::Address => 1_900_000_000 + number,
            Form::Code => 7_000 + number,
            Form::Letter => 1 + number % 100,
        }
    }

    fn text(self, number: u32) -> String {
        let letter = |place: u32| char::from(b'A' + (number / 26_u32.pow(place) % 26) as u8);
        match self.form {
            Form::Wide => format!("probe {number}"),
            Form::Code => [letter(2), letter(1), letter(0)].iter().collect(),
            Form::Letter => letter(0).to_string(),
            Form::Address => format!("probe{number}@example.com"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const TABLE: Table = Table::new(
        "t",
        &[
            Column::new("id", Kind::Int, false),
            Column::new("tenant_id", Kind::Uuid, false),
            Column::new("name", Kind::Text, true),
            Column::new("state", Kind::Text, false).with_choices(&["open", "paid"]),
        ],
        1,
        0,
    );

    #[test]
    fn rows_differ_by_their_number_and_take_the_choices_of_enums() {
        let (one, other) = (TenantId::generate(), TenantId::generate());
        for style in Style::all() {
            let rows: Vec<_> = (1..=20).map(|number| style.row(&TABLE, one, number)).collect();
            let keys: HashSet<_> = rows.iter().map(|row| format!("{:?}", row[0])).collect();
            assert_eq!(keys.len(), 20, "{style:?}");
            assert!(rows.iter().all(|row| row[1] == one.to_value()));
            assert_eq!(rows[0][2].is_null(), !style.is_filled);
            assert_eq!(rows[0][3], "open".to_value());
            assert_eq!(style.row(&TABLE, other, 1)[1], other.to_value());
        }
    }
}
