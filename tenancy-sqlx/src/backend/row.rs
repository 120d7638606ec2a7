use sqlx::{Row as _, SqlStr};
use tenancy_core::entity::{Kind, Row, Value};
use tenancy_core::{Error, ErrorKind};

/// A database whose rows and arguments are turned into values and back.
pub(crate) trait Codec: sqlx::Database {
    /// Whether the driver can go on with a connection after one of its futures was dropped
    /// half-way, or after an error that did not come from the server. Otherwise it is closed.
    const SURVIVES_CANCEL: bool = true;

    fn decode(row: &Self::Row, index: usize, kind: Kind) -> sqlx::Result<Value>;
    fn encode(values: Vec<Value>) -> sqlx::Result<Self::Arguments>;

    /// Runs statements without values, in one message.
    fn run(
        connection: &mut Self::Connection,
        sql: SqlStr,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// A row of a database, read as values.
pub(super) struct CodedRow<'row, DB: sqlx::Database>(pub(super) &'row DB::Row);

impl<DB: Codec> Row for CodedRow<'_, DB> {
    fn name(&self, index: usize) -> Option<&str> {
        self.0.columns().get(index).map(sqlx::Column::name)
    }

    fn take(&mut self, index: usize, kind: Kind) -> Result<Value, Error> {
        DB::decode(self.0, index, kind).map_err(|source| {
            Error::new(ErrorKind::Internal, format!("read column {index} as {kind:?}"))
                .with_source(source)
        })
    }
}
