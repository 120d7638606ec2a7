use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::Allowance;

/// Where a tenant differs from its plan: what it was granted, denied or set by itself.
///
/// As JSON, the form the directory stores, what is not overridden is left out:
///
/// ```
/// use tenancy_core::{Allowance, Overrides};
///
/// let overrides = Overrides::new()
///     .with_feature("analytics", true)
///     .with_allowance("users", Allowance::Unlimited)
///     .with_setting("locale", "nl");
/// let json = serde_json::to_string(&overrides)?;
/// assert_eq!(json, r#"{"features":{"analytics":true},"allowances":{"users":null},"settings":{"locale":"nl"}}"#);
/// assert_eq!(serde_json::from_str::<Overrides>(&json)?, overrides);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_minute: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    features: BTreeMap<Box<str>, bool>,
    /// `None` is unlimited.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    allowances: BTreeMap<Box<str>, Option<u64>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<Box<str>, Box<str>>,
}

impl Overrides {
    /// Overrides nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The one that most tenants share.
    pub(super) fn none() -> Arc<Self> {
        static NONE: LazyLock<Arc<Overrides>> = LazyLock::new(Arc::default);
        NONE.clone()
    }

    /// Sets how many requests are allowed in any minute.
    pub fn with_requests_per_minute(mut self, requests: NonZeroU32) -> Self {
        self.requests_per_minute = Some(requests);
        self
    }

    /// Sets the share in what tenants compete for.
    pub fn with_weight(mut self, weight: NonZeroU32) -> Self {
        self.weight = Some(weight);
        self
    }

    /// Grants a feature, or takes it away.
    pub fn with_feature(mut self, feature: impl Into<Box<str>>, granted: bool) -> Self {
        self.features.insert(feature.into(), granted);
        self
    }

    /// Allows so much of something.
    pub fn with_allowance(mut self, of: impl Into<Box<str>>, allowance: Allowance) -> Self {
        self.allowances.insert(of.into(), allowance.limit());
        self
    }

    /// Sets a setting.
    pub fn with_setting(mut self, name: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Self {
        self.settings.insert(name.into(), value.into());
        self
    }

    /// Returns how many requests are allowed in any minute, if that is overridden.
    pub const fn requests_per_minute(&self) -> Option<NonZeroU32> {
        self.requests_per_minute
    }

    /// Returns the share in what tenants compete for, if that is overridden.
    pub const fn weight(&self) -> Option<NonZeroU32> {
        self.weight
    }

    /// Returns whether a feature is granted, if that is overridden.
    pub fn feature(&self, feature: &str) -> Option<bool> {
        self.features.get(feature).copied()
    }

    /// Returns how much of something is allowed, if that is overridden.
    pub fn allowance(&self, of: &str) -> Option<Allowance> {
        let limit = self.allowances.get(of)?;
        Some(limit.map_or(Allowance::Unlimited, Allowance::AtMost))
    }

    /// Returns a setting, if the tenant has set it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(Box::as_ref)
    }

    /// Returns the settings of its own, by name.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}
