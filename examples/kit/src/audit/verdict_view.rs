use serde::Serialize;
use tenancy_core::audit::ChainVerdict;
use utoipa::ToSchema;

/// Whether a tenant's log is as it was written, as an answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditVerdict)]
pub struct AuditVerdictView {
    whole: bool,
    /// How many entries there are, when the chain is whole.
    entries: Option<u64>,
    /// The hash of the last one: kept elsewhere, it shows a log that was cut or written anew.
    head: Option<String>,
    /// The first entry that is not as it was.
    broken: Option<BreakView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditBreak)]
struct BreakView {
    sequence: u64,
    #[schema(example = "was altered")]
    fault: String,
}

impl From<ChainVerdict> for AuditVerdictView {
    fn from(verdict: ChainVerdict) -> Self {
        match verdict {
            ChainVerdict::Whole(head) => Self {
                whole: true,
                entries: Some(head.sequence()),
                head: Some(head.hash().to_string()),
                broken: None,
            },
            ChainVerdict::Broken(found) => Self {
                whole: false,
                entries: None,
                head: None,
                broken: Some(BreakView {
                    sequence: found.sequence,
                    fault: found.fault.to_string(),
                }),
            },
        }
    }
}
