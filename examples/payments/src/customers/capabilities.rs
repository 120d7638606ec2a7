use crate::access::capabilities;

capabilities! {
    /// See customers.
    ViewCustomers = "customers:view"
        for Owner Admin FinanceApprover Operator Auditor Support ApiKey;
    /// Add customers.
    CreateCustomers = "customers:create" for Owner Admin Operator ApiKey;
    /// Change customers, delete them and bring them back.
    ChangeCustomers = "customers:change" for Owner Admin Operator ApiKey;
}
