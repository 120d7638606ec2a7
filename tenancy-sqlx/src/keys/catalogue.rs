use sqlx::SqlSafeStr as _;
use tenancy_core::Error;
use tenancy_core::entity::{FromValue as _, Kind, Row, Table, ToValue as _};

use crate::backend::{Backend, Connection};

const DOING: &str = "inspect the keys of a table";

/// What the database's catalogue says of a table.
pub(crate) struct Keys {
    pub(crate) storage: Storage,
    pub(crate) unique: Vec<UniqueKey>,
    pub(crate) references: Vec<Reference>,
}

pub(crate) enum Storage {
    /// There is no such table.
    Absent,
    Sound,
    /// An engine, by its name, that takes nothing back.
    NoTransactions(String),
}

/// An index, or a rule like one, that refuses some pairs of rows.
pub(crate) struct UniqueKey {
    pub(crate) name: String,
    /// Whether it is about all rows.
    pub(crate) is_total: bool,
    /// None for an expression or a part of a column.
    pub(crate) columns: Vec<Option<String>>,
}

/// A foreign key.
pub(crate) struct Reference {
    pub(crate) name: String,
    pub(crate) table: String,
    /// A column here, and the one there that it must be found in.
    pub(crate) columns: Vec<(String, String)>,
}

impl Keys {
    pub(crate) async fn of(
        connection: &mut Connection,
        backend: Backend,
        table: &Table,
    ) -> Result<Self, Error> {
        let [storage, unique, references] = match backend {
            Backend::MySql => [
                include_str!("mysql/storage.sql"),
                include_str!("mysql/unique.sql"),
                include_str!("mysql/references.sql"),
            ],
            Backend::Postgres => [
                include_str!("postgres/storage.sql"),
                include_str!("postgres/unique.sql"),
                include_str!("postgres/references.sql"),
            ],
            Backend::Sqlite => [
                include_str!("sqlite/storage.sql"),
                include_str!("sqlite/unique.sql"),
                include_str!("sqlite/references.sql"),
            ],
        };
        let name = || vec![table.name().to_value()];
        let storage = connection.fetch(DOING, storage.into_sql_str(), name(), read_storage).await?;
        let parts = connection.fetch(DOING, unique.into_sql_str(), name(), read_unique).await?;
        let mut unique: Vec<UniqueKey> = Vec::new();
        for (name, is_total, column) in parts {
            match unique.last_mut().filter(|last| last.name == name) {
                Some(last) => last.columns.push(column),
                None => unique.push(UniqueKey { name, is_total, columns: vec![column] }),
            }
        }
        let sql = references.into_sql_str();
        let parts = connection.fetch(DOING, sql, name(), read_reference).await?;
        let mut references: Vec<Reference> = Vec::new();
        for [name, table, own, other] in parts {
            match references.last_mut().filter(|last| last.name == name) {
                Some(last) => last.columns.push((own, other)),
                None => references.push(Reference { name, table, columns: vec![(own, other)] }),
            }
        }
        let storage = storage.into_iter().next().unwrap_or(Storage::Absent);
        Ok(Self { storage, unique, references })
    }
}

fn read_storage(row: &mut dyn Row) -> Result<Storage, Error> {
    let is_sound = bool::from_value(row.take(0, Kind::Bool)?)?;
    let engine = String::from_value(row.take(1, Kind::Text)?)?;
    Ok(if is_sound { Storage::Sound } else { Storage::NoTransactions(engine) })
}

fn read_unique(row: &mut dyn Row) -> Result<(String, bool, Option<String>), Error> {
    Ok((
        String::from_value(row.take(0, Kind::Text)?)?,
        bool::from_value(row.take(1, Kind::Bool)?)?,
        Option::from_value(row.take(2, Kind::Text)?)?,
    ))
}

fn read_reference(row: &mut dyn Row) -> Result<[String; 4], Error> {
    let mut text = |at| String::from_value(row.take(at, Kind::Text)?);
    Ok([text(0)?, text(1)?, text(2)?, text(3)?])
}
