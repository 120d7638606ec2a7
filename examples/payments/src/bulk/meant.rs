use serde::Deserialize;
use utoipa::IntoParams;

use super::batch::BatchMode;
use super::totals::Totals;

/// How a file is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Meant {
    /// What bad rows mean for the good ones; `atomic` unless said.
    #[param(inline)]
    pub(super) mode: Option<BatchMode>,
    /// Whether the same file may come again within 30 days.
    #[serde(rename = "override")]
    pub(super) again: Option<bool>,
    /// What all rows of the file add up to, by currency: then a file that adds up to anything else
    /// is refused.
    #[param(value_type = Option<String>, example = "EUR:7260,USD:1200")]
    pub(super) totals: Option<Totals>,
}
