use std::num::NonZeroU32;

use tenancy_core::{Allowance, Plan, PlanCatalogue};

/// The plans a tenant can have.
///
/// | plan | requests a minute | users | transactions a month | features |
/// | --- | --- | --- | --- | --- |
/// | `starter` | 60 | 10 | 1,000 | `basic_payments` |
/// | `professional` | 300 | 100 | 50,000 | + `bulk_payments`, `analytics` |
/// | `enterprise` | 1,000 | unlimited | unlimited | + `custom_workflows`, `white_label`, `api_access` |
///
/// Calls and bandwidth are counted, and limited by the rate alone. `rate` replaces the rate of
/// all three.
pub(crate) fn plans(rate: Option<NonZeroU32>) -> PlanCatalogue {
    let plan = |name, per_minute, users, transactions, features: &[&'static str]| {
        let per_minute = NonZeroU32::new(per_minute).expect("a rate is not zero");
        let plan = Plan::new(name, rate.unwrap_or(per_minute))
            .with_allowance("users", users)
            .with_allowance("transactions", transactions)
            .with_allowance("api_calls", Allowance::Unlimited)
            .with_allowance("bandwidth_bytes", Allowance::Unlimited);
        features.iter().fold(plan, |plan, feature| plan.with_feature(*feature))
    };
    let (at_most, unlimited) = (Allowance::AtMost, Allowance::Unlimited);
    PlanCatalogue::new([
        plan("starter", 60, at_most(10), at_most(1_000), &FEATURES[..1]),
        plan("professional", 300, at_most(100), at_most(50_000), &FEATURES[..3]),
        plan("enterprise", 1_000, unlimited, unlimited, &FEATURES),
    ])
}

/// Each plan has those of the plans below it.
pub(crate) const FEATURES: [&str; 6] = [
    "basic_payments",
    "bulk_payments",
    "analytics",
    "custom_workflows",
    "white_label",
    "api_access",
];

/// What plans limit beside the rate.
pub(crate) const LIMITS: [&str; 4] = ["users", "transactions", "api_calls", "bandwidth_bytes"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_build_on_each_other() {
        let plan = |name| plans(None).plan(name).unwrap();
        assert!(!plan("starter").has_feature("analytics"));
        assert!(plan("professional").has_feature("analytics"));
        assert!(!plan("professional").has_feature("api_access"));
        assert!(plan("enterprise").has_feature("api_access"));
        assert_eq!(plan("starter").allowance("transactions"), Allowance::AtMost(1_000));
        assert_eq!(plan("enterprise").requests_per_minute().get(), 1_000);
    }

    #[test]
    fn a_rate_holds_for_all() {
        let rate = NonZeroU32::new(7);
        for name in ["starter", "professional", "enterprise"] {
            assert_eq!(Some(plans(rate).plan(name).unwrap().requests_per_minute()), rate);
        }
    }
}
