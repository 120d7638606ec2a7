use serde::Serialize;
use tenancy_sqlx::TenantValue;
use utoipa::ToSchema;

/// What somebody of the platform is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum PlatformRole {
    /// Runs the platform: makes, changes and ends tenants.
    Admin,
    /// Helps tenants, with what each of them lets see.
    Support,
}
