use tenancy_core::{ErrorKind, Host, Problem, TenantDirectory as _, TenantId, TenantKey};

use super::OwnDomain;
use crate::app::App;

/// Looks for the record, and gives the tenant the domain.
///
/// # Errors
///
/// 422 `domain_unverified` when the record is not there; 409 `domain_taken` when another tenant has
/// shown before that the domain is its own.
pub(super) async fn verify(
    app: &App,
    tenant: TenantId,
    found: OwnDomain,
) -> Result<OwnDomain, Problem> {
    if found.verified_at.is_some() {
        return Ok(found);
    }
    let challenge = found.challenge()?;
    match challenge.verify(&*app.people().dns).await {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::Conflict => return Err(unverified(&challenge)),
        Err(error) => return Err(error.into()),
    }
    match app.tenants().insert_domain(tenant, challenge.domain()).await {
        // Where it was stopped behind this before, it goes on.
        Err(error) if error.kind() == ErrorKind::Conflict => {
            if !is_of(app, tenant, challenge.domain()).await? {
                return Err(taken());
            }
        }
        other => other?,
    }
    let mut tx = app.db().tenant(tenant);
    let verified = OwnDomain { verified_at: Some(app.now()), ..found };
    let verified = tx.repo::<OwnDomain>().update(verified).await?;
    tx.commit().await?;
    Ok(verified)
}

async fn is_of(app: &App, tenant: TenantId, host: &Host) -> Result<bool, Problem> {
    let found = app.tenants().find(&TenantKey::Domain(host.clone())).await?;
    Ok(found.is_some_and(|entry| entry.tenant.id() == tenant))
}

fn unverified(challenge: &tenancy_core::domain::DomainChallenge) -> Problem {
    let (value, name) = (challenge.record_value(), challenge.record_name());
    Problem::new(422, "domain_unverified", "The domain is not shown to be the tenant's")
        .with_detail(format!("the TXT record {value} is expected at {name}"))
}

fn taken() -> Problem {
    Problem::new(409, "domain_taken", "The domain is in use").with_param("domain")
}
