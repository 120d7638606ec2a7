use tenancy_core::Error;
use tenancy_sqlx::TenantTx;

use crate::ids::UserId;

/// Ends what a member could sign in with, beside the password, in the transaction that removes the
/// member: whoever is invited again begins anew.
pub(crate) async fn forget_member(tx: &mut TenantTx, member: UserId) -> Result<(), Error> {
    for sql in [
        "DELETE FROM password_resets WHERE member_id = $1",
        "DELETE FROM sign_in_challenges WHERE member_id = $1",
        "DELETE FROM recovery_codes WHERE member_id = $1",
        "DELETE FROM second_factors WHERE id = $1",
    ] {
        tx.sql(sql).bind(member).execute().await?;
    }
    Ok(())
}
