use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use tenancy_core::limit::{Limit, LimitName, Policy, SlidingLog};
use tenancy_core::resolve::TrustedProxies;
use tenancy_core::{TenantContext, TenantId, Trust};

use super::address::address_subject;

type Exemption = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;
type Class = Arc<dyn Fn(&Parts) -> Option<(LimitName, Policy)> + Send + Sync>;

/// Which limits a request falls under.
#[derive(Clone, Default)]
pub(super) struct Rules {
    pub(super) by_plan: bool,
    pub(super) by_principal: Option<SlidingLog>,
    pub(super) by_class: Option<Class>,
    pub(super) strangers: Option<(SlidingLog, TrustedProxies)>,
    pub(super) exempt: Option<Exemption>,
}

impl Rules {
    /// Returns under whom a request counts, and its limits.
    pub(super) fn limits(
        &self,
        context: Option<&TenantContext>,
        parts: &Parts,
    ) -> (TenantId, Vec<Limit>) {
        if self.exempt.as_ref().is_some_and(|exempt| exempt(parts)) {
            return (TenantId::PLATFORM, Vec::new());
        }
        match context {
            Some(context) => (context.tenant_id(), self.of_tenant(context, parts)),
            None => (TenantId::PLATFORM, self.of_stranger(parts)),
        }
    }

    fn of_tenant(&self, context: &TenantContext, parts: &Parts) -> Vec<Limit> {
        let mut limits = Vec::with_capacity(3);
        if self.by_plan {
            limits.push(tenant_limit(context));
        }
        if let (Some(policy), Some(actor)) = (self.by_principal, context.actor()) {
            limits.push(Limit::new(LimitName::PRINCIPAL, policy).for_actor(actor));
        }
        if let Some((name, policy)) = self.by_class.as_ref().and_then(|class| class(parts)) {
            let limit = Limit::new(name, policy).for_subject("class");
            limits.push(apart_for_strangers(limit, context, "class:address"));
        }
        limits
    }

    fn of_stranger(&self, parts: &Parts) -> Vec<Limit> {
        let Some((policy, proxies)) = &self.strangers else { return Vec::new() };
        let subject = address_subject(proxies.client_addr(parts));
        vec![Limit::new(STRANGERS, *policy).for_subject(subject)]
    }
}

const STRANGERS: LimitName = LimitName::from_static("strangers");

fn tenant_limit(context: &TenantContext) -> Limit {
    let policy = SlidingLog::per_minute(context.tenant().requests_per_minute());
    apart_for_strangers(Limit::new(LimitName::TENANT, policy), context, "address")
}

/// Who only knows the address cannot use up what the credentials are worth.
fn apart_for_strangers(limit: Limit, context: &TenantContext, subject: &str) -> Limit {
    if context.trust() <= Trust::Address { limit.for_subject(subject) } else { limit }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("by_plan", &self.by_plan)
            .field("by_principal", &self.by_principal)
            .field("strangers", &self.strangers)
            .finish_non_exhaustive()
    }
}
