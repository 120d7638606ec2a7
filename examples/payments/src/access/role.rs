use serde::Deserialize;
use serde::de::Error as _;

/// The roles at a tenant, and two that no member has.
///
/// It reads as a name that a member can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Answers for the tenant: may do everything in it.
    Owner,
    /// Runs it day by day.
    Admin,
    /// Approves what others want to pay or give back.
    FinanceApprover,
    /// Takes payments and gives money back.
    Operator,
    /// Looks at figures.
    Analyst,
    /// Connects programs.
    Developer,
    /// Reads everything and changes nothing.
    Auditor,
    /// Somebody of the platform whom the tenant let in for a while.
    Support,
    /// A program: its key's scopes say what of this.
    ApiKey,
}

impl Role {
    pub(crate) const ALL: [Self; 9] = [
        Self::Owner,
        Self::Admin,
        Self::FinanceApprover,
        Self::Operator,
        Self::Analyst,
        Self::Developer,
        Self::Auditor,
        Self::Support,
        Self::ApiKey,
    ];

    /// Returns the name in catalogues, bindings and answers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::FinanceApprover => "finance_approver",
            Self::Operator => "operator",
            Self::Analyst => "analyst",
            Self::Developer => "developer",
            Self::Auditor => "auditor",
            Self::Support => "support",
            Self::ApiKey => "api_key",
        }
    }

    /// Reads a role that a member can have.
    pub(crate) fn of_member(name: &str) -> Option<Self> {
        let is_member = |role: &Self| !matches!(role, Self::Support | Self::ApiKey);
        Self::ALL.into_iter().filter(is_member).find(|role| role.as_str() == name)
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::of_member(&name)
            .ok_or_else(|| D::Error::custom("a role of members is expected: GET /v1/roles"))
    }
}
