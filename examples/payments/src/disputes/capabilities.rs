use crate::access::capabilities;

capabilities! {
    /// See disputes and their evidence.
    ViewDisputes = "disputes:view"
        for Owner Admin FinanceApprover Operator Analyst Auditor Support ApiKey;
    /// Write down that a payment is disputed, and how it was decided.
    RecordDisputes = "disputes:record" for Owner Admin Operator ApiKey;
    /// Answer a dispute, or accept it.
    AnswerDisputes = "disputes:answer" for Owner Admin Operator;
}
