use crate::access::capabilities;

capabilities! {
    /// See where events are sent, and what has become of that.
    ViewWebhooks = "webhooks:view" for Owner Admin Developer Auditor Support ApiKey;
    /// Have events sent, or sent once more, and make secrets for it.
    ManageWebhooks = "webhooks:manage" for Owner Admin Developer ApiKey;
}
