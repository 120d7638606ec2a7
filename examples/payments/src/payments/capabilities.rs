use crate::access::capabilities;

capabilities! {
    /// See payments and their attempts.
    ViewPayments = "payments:view"
        for Owner Admin FinanceApprover Operator Analyst Developer Auditor Support ApiKey;
    /// Make payments.
    CreatePayments = "payments:create" for Owner Admin Operator ApiKey;
    /// Ask a provider for a payment's money.
    ConfirmPayments = "payments:confirm" for Owner Admin Operator ApiKey;
    /// Take money that is reserved.
    CapturePayments = "payments:capture" for Owner Admin Operator ApiKey;
    /// Cancel payments, or the rest of them.
    CancelPayments = "payments:cancel" for Owner Admin Operator ApiKey;
    /// Say what has become of an attempt whose provider does not.
    ResolveAttempts = "payments:resolve" for Owner Admin Operator;
}
