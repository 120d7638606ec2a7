//! What a tenant has bought.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::{Error, ErrorKind};

/// A plan: a rate of requests, allowances for a month or for good, and features.
///
/// ```
/// use std::num::NonZeroU32;
/// use tenancy_core::{Allowance, Plan};
///
/// let plan = Plan::new("team", NonZeroU32::new(120).unwrap())
///     .with_allowance("users", Allowance::AtMost(25))
///     .with_feature("exports");
/// assert_eq!(plan.allowance("users"), Allowance::AtMost(25));
/// assert_eq!(plan.allowance("unheard_of"), Allowance::AtMost(0));
/// assert!(plan.has_feature("exports"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    name: Cow<'static, str>,
    requests_per_minute: NonZeroU32,
    allowances: BTreeMap<Cow<'static, str>, Allowance>,
    features: BTreeSet<Cow<'static, str>>,
    settings: BTreeMap<Cow<'static, str>, Cow<'static, str>>,
    weight: NonZeroU32,
}

/// How much of something a plan allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// This many and no more.
    AtMost(u64),
    /// As many as one likes.
    Unlimited,
}

impl Allowance {
    /// Returns the number, or `None` when unlimited.
    pub const fn limit(self) -> Option<u64> {
        match self {
            Self::AtMost(limit) => Some(limit),
            Self::Unlimited => None,
        }
    }
}

impl Plan {
    /// Makes a plan that allows nothing but requests.
    pub fn new(name: impl Into<Cow<'static, str>>, requests_per_minute: NonZeroU32) -> Self {
        Self {
            name: name.into(),
            requests_per_minute,
            allowances: BTreeMap::new(),
            features: BTreeSet::new(),
            settings: BTreeMap::new(),
            weight: NonZeroU32::MIN,
        }
    }

    /// Allows so much of something.
    pub fn with_allowance(
        mut self,
        of: impl Into<Cow<'static, str>>,
        allowance: Allowance,
    ) -> Self {
        self.allowances.insert(of.into(), allowance);
        self
    }

    /// Includes a feature.
    pub fn with_feature(mut self, feature: impl Into<Cow<'static, str>>) -> Self {
        self.features.insert(feature.into());
        self
    }

    /// Sets what holds for its tenants unless they set it themselves.
    pub fn with_setting(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.settings.insert(name.into(), value.into());
        self
    }

    /// Sets the share of its tenants in what tenants compete for; 1 when not set.
    ///
    /// Under load a tenant of weight 4 is served four times as often as one of weight 1.
    pub fn with_weight(mut self, weight: NonZeroU32) -> Self {
        self.weight = weight;
        self
    }

    /// Returns the name the directory stores.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how many requests it allows in any minute.
    pub const fn requests_per_minute(&self) -> NonZeroU32 {
        self.requests_per_minute
    }

    /// Returns how much of something it allows; nothing of what it does not name.
    pub fn allowance(&self, of: &str) -> Allowance {
        self.allowances.get(of).copied().unwrap_or(Allowance::AtMost(0))
    }

    /// Tells whether it includes a feature.
    pub fn has_feature(&self, feature: &str) -> bool {
        self.features.contains(feature)
    }

    /// Returns the features.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(Cow::as_ref)
    }

    /// Returns a setting.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(Cow::as_ref)
    }

    /// Returns the share of its tenants in what tenants compete for.
    pub const fn weight(&self) -> NonZeroU32 {
        self.weight
    }

    /// Returns the allowances by name.
    pub fn allowances(&self) -> impl Iterator<Item = (&str, Allowance)> {
        self.allowances.iter().map(|(of, allowance)| (of.as_ref(), *allowance))
    }
}

/// The plans of an application.
#[derive(Debug, Clone, Default)]
pub struct PlanCatalogue(Arc<BTreeMap<String, Arc<Plan>>>);

impl PlanCatalogue {
    /// Collects plans; a later one of the same name replaces an earlier one.
    pub fn new(plans: impl IntoIterator<Item = Plan>) -> Self {
        let plans = plans.into_iter().map(|plan| (plan.name().to_owned(), Arc::new(plan)));
        Self(Arc::new(plans.collect()))
    }

    /// Three tiers of a payment platform, to copy and change. Calls and bandwidth are limited by
    /// the rate alone.
    ///
    /// | plan | requests a minute | users | transactions a month | features |
    /// | --- | --- | --- | --- | --- |
    /// | `starter` | 60 | 10 | 1,000 | `basic_payments` |
    /// | `professional` | 300 | 100 | 50,000 | + `bulk_payments`, `analytics` |
    /// | `enterprise` | 1,000 | unlimited | unlimited | + `custom_workflows`, `white_label`, `api_access` |
    pub fn example() -> Self {
        const fn per_minute(requests: u32) -> NonZeroU32 {
            NonZeroU32::new(requests).expect("a rate is not zero")
        }
        let plan = |name, requests| {
            Plan::new(name, per_minute(requests))
                .with_allowance("api_calls", Allowance::Unlimited)
                .with_allowance("bandwidth_bytes", Allowance::Unlimited)
        };
        let starter = plan("starter", 60)
            .with_allowance("users", Allowance::AtMost(10))
            .with_allowance("transactions", Allowance::AtMost(1_000))
            .with_feature("basic_payments");
        let professional = plan("professional", 300)
            .with_allowance("users", Allowance::AtMost(100))
            .with_allowance("transactions", Allowance::AtMost(50_000))
            .with_feature("basic_payments")
            .with_feature("bulk_payments")
            .with_feature("analytics");
        let enterprise = plan("enterprise", 1_000)
            .with_allowance("users", Allowance::Unlimited)
            .with_allowance("transactions", Allowance::Unlimited)
            .with_feature("basic_payments")
            .with_feature("bulk_payments")
            .with_feature("analytics")
            .with_feature("custom_workflows")
            .with_feature("white_label")
            .with_feature("api_access");
        Self::new([starter, professional, enterprise])
    }

    /// Returns a plan by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when the catalogue has no such plan: the directory and the
    /// program disagree.
    pub fn plan(&self, name: &str) -> Result<Arc<Plan>, Error> {
        self.0.get(name).cloned().ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                format!("look up the plan {name:?}: add it to the PlanCatalogue"),
            )
        })
    }
}
