use kit::Sealer;
use kit::identity::RecoveryCode;
use tenancy_core::{Error, TenantId};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;

use super::{KeptCode, SecondFactor};
use crate::ids::UserId;
use crate::people::{Halt, TokenHash};

/// So many recovery codes are made.
const RECOVERY_CODES: usize = 10;

/// Takes a code of the authenticator, or a recovery code, in the transaction that it lets happen.
/// Tells whether it was good; none is good twice.
///
/// # Errors
///
/// [`Halt::Overtaken`] when another code is being taken.
pub(super) async fn take(
    tx: &mut TenantTx,
    sealer: &Sealer,
    factor: SecondFactor,
    code: &str,
    now: OffsetDateTime,
) -> Result<bool, Halt> {
    let code = code.trim();
    if let Some(step) = factor.secret(sealer)?.step_of(code, now, factor.last_step) {
        let used = SecondFactor { last_step: Some(step), ..factor };
        tx.repo::<SecondFactor>().update(used).await?;
        return Ok(true);
    }
    let Some(code) = RecoveryCode::parse(code) else { return Ok(false) };
    let id = TokenHash::of(code.hash());
    let found = tx.repo::<KeptCode>().get(&id).await?;
    if found.is_none_or(|found| found.member_id != factor.id) {
        return Ok(false);
    }
    Ok(tx.repo::<KeptCode>().delete(&id).await?)
}

/// Makes new recovery codes in place of those that there are.
pub(super) async fn renew(
    tx: &mut TenantTx,
    tenant_id: TenantId,
    member_id: UserId,
) -> Result<Vec<String>, Error> {
    forget(tx, member_id).await?;
    let mut codes = Vec::new();
    for _ in 0..RECOVERY_CODES {
        let code = RecoveryCode::generate()?;
        let kept = KeptCode { id: TokenHash::of(code.hash()), tenant_id, member_id };
        tx.repo::<KeptCode>().insert(kept).await?;
        codes.push(code.reveal());
    }
    Ok(codes)
}

/// Ends all recovery codes of a member.
pub(super) async fn forget(tx: &mut TenantTx, member: UserId) -> Result<(), Error> {
    let sql = "DELETE FROM recovery_codes WHERE member_id = $1";
    tx.sql(sql).bind(member).execute().await.map(drop)
}
