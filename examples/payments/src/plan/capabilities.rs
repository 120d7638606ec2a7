use crate::access::capabilities;

capabilities! {
    /// See the plan.
    ViewPlan = "plan:view" for Owner Admin FinanceApprover Auditor Support;
    /// Change the plan.
    ChangePlan = "plan:change" for Owner;
}
