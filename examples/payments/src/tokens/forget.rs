use tenancy_core::Error;
use tenancy_sqlx::TenantTx;

use crate::ids::UserId;

/// Ends all that renews somebody's access tokens at a tenant. Access tokens end by themselves
/// within ten minutes; of who is a member no more they open nothing at once.
pub(crate) async fn forget(tx: &mut TenantTx, member: UserId) -> Result<(), Error> {
    for sql in [
        "DELETE FROM refresh_tokens WHERE member_id = $1",
        "DELETE FROM token_families WHERE member_id = $1",
    ] {
        tx.sql(sql).bind(member).execute().await?;
    }
    Ok(())
}
