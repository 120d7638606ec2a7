//! The ids callers see: a prefix that tells the kind, and 26 letters and digits.
//!
//! They are UUIDs of version 7: never used twice, and sorted by when they were made.

pub(crate) use kit::{PathId, missing};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $example:literal) => {
        kit::prefixed_id! { $(#[$doc])* pub(crate) $name, $prefix, $example }
    };
}

id!(
    /// Names a payment: `pay_…`.
    PaymentId,
    "pay_",
    "pay_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a connection to a provider: `con_…`.
    ConnectionId,
    "con_",
    "con_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a call of a provider: `pcl_…`.
    ProviderCallId,
    "pcl_",
    "pcl_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a customer: `cus_…`.
    CustomerId,
    "cus_",
    "cus_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names an attempt to authorize a payment: `att_…`.
    AttemptId,
    "att_",
    "att_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a capture: `cap_…`.
    CaptureId,
    "cap_",
    "cap_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a refund: `ref_…`.
    RefundId,
    "ref_",
    "ref_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names an account of a tenant's ledger: `acc_…`.
    AccountId,
    "acc_",
    "acc_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a journal entry: `jnl_…`.
    EntryId,
    "jnl_",
    "jnl_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a posting: `pst_…`.
    PostingId,
    "pst_",
    "pst_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a hold: `hld_…`.
    HoldId,
    "hld_",
    "hld_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a user of the platform: `usr_…`.
    UserId,
    "usr_",
    "usr_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a session: `ses_…`.
    SessionId,
    "ses_",
    "ses_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names what came of one sign-in of a program: `rtf_…`.
    TokenFamilyId,
    "rtf_",
    "rtf_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names an API key: `key_…`.
    ApiKeyId,
    "key_",
    "key_01k8p0g2v7e9h9qk3x5t7w1zra"
);

id!(
    /// Names a correction of the ledger: `cor_…`.
    CorrectionId,
    "cor_",
    "cor_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a dispute: `dis_…`.
    DisputeId,
    "dis_",
    "dis_01k8p0g2v7e9h9qk3x5t7w1zra"
);

id!(
    /// Names a workflow: `wfl_…`.
    WorkflowId,
    "wfl_",
    "wfl_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a version of a workflow: `wfv_…`.
    WorkflowVersionId,
    "wfv_",
    "wfv_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names what waits for people to agree: `apr_…`.
    ApprovalId,
    "apr_",
    "apr_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names what somebody has said of it: `dec_…`.
    DecisionId,
    "dec_",
    "dec_01k8p0g2v7e9h9qk3x5t7w1zra"
);

id!(
    /// Names a file of payments: `bat_…`.
    BatchId,
    "bat_",
    "bat_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a row of it: `row_…`.
    BatchItemId,
    "row_",
    "row_01k8p0g2v7e9h9qk3x5t7w1zra"
);

id!(
    /// Names a domain of a tenant's own: `dom_…`.
    DomainId,
    "dom_",
    "dom_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names a grant of support: `sgr_…`.
    SupportGrantId,
    "sgr_",
    "sgr_01k8p0g2v7e9h9qk3x5t7w1zra"
);
id!(
    /// Names somebody of the platform: `psu_…`.
    PlatformUserId,
    "psu_",
    "psu_01k8p0g2v7e9h9qk3x5t7w1zra"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_what_they_write() {
        let id = PaymentId::generate();
        let text = id.to_string();
        assert!(text.starts_with("pay_"), "{text}");
        assert_eq!(text.len(), 30);
        assert_eq!(text.parse::<PaymentId>().unwrap(), id);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
    }

    #[test]
    fn one_kind_is_not_the_other() {
        let customer = CustomerId::generate().to_string();
        assert!(customer.parse::<PaymentId>().is_err());
        assert!("".parse::<PaymentId>().is_err());
        assert!("pay_".parse::<PaymentId>().is_err());
    }

    #[test]
    fn later_ids_sort_behind() {
        let ids: Vec<_> = (0..100).map(|_| PaymentId::generate().to_string()).collect();
        assert!(ids.is_sorted());
    }
}
