//! How a transaction begins on the wire.

use sqlx::SqlStr;
use sqlx_core::transaction::TransactionManager as _;

use super::row::Codec;

/// What is sent to begin a transaction. It may be sent again, on another connection.
pub(crate) trait Opening<DB: Codec>: Clone + Send + 'static {
    /// Begins; the connection must not be used by anybody when this fails or is dropped.
    fn open(self, connection: &mut DB::Connection)
    -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// One message, or what the database begins with by itself.
impl<DB: Codec> Opening<DB> for Option<SqlStr> {
    async fn open(self, connection: &mut DB::Connection) -> sqlx::Result<()> {
        DB::TransactionManager::begin(connection, self).await
    }
}
