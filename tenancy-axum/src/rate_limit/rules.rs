use tenancy_core::limit::{Limit, LimitName, SlidingLog};
use tenancy_core::{TenantContext, Trust};

/// Which limits a request falls under.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    pub(super) by_plan: bool,
    pub(super) by_principal: Option<SlidingLog>,
}

impl Rules {
    /// Returns the limits of a request in this context.
    pub(super) fn limits(self, context: &TenantContext) -> Vec<Limit> {
        let mut limits = Vec::with_capacity(2);
        if self.by_plan {
            limits.push(tenant_limit(context));
        }
        if let (Some(policy), Some(actor)) = (self.by_principal, context.actor()) {
            let subject = format!("{}:{}", actor.kind().as_str(), actor.id());
            limits.push(Limit::new(LimitName::PRINCIPAL, policy).for_subject(subject));
        }
        limits
    }
}

fn tenant_limit(context: &TenantContext) -> Limit {
    let policy = SlidingLog::per_minute(context.tenant().requests_per_minute());
    let limit = Limit::new(LimitName::TENANT, policy);
    if context.trust() <= Trust::Address { limit.for_subject("address") } else { limit }
}
