use serde::Serialize;
use tenancy_core::{Error, TenantId};
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::rules::Rules;
use crate::ids::{WorkflowId, WorkflowVersionId};

/// A workflow of a tenant: a name, and the versions of its rules.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "workflow_definitions", version = "version")]
pub(crate) struct Definition {
    #[tenant(key)]
    pub(crate) id: WorkflowId,
    pub(crate) tenant_id: TenantId,
    pub(crate) name: String,
    /// The number of the newest version.
    pub(crate) newest: i64,
    /// The version that holds for new payments.
    pub(crate) published_version_id: Option<WorkflowVersionId>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// Rules of a workflow. Once published they do not change any more: the database sees to it.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "workflow_versions")]
pub(crate) struct Version {
    #[tenant(key)]
    pub(crate) id: WorkflowVersionId,
    pub(crate) tenant_id: TenantId,
    pub(crate) definition_id: WorkflowId,
    pub(crate) number: i64,
    /// [`Rules`] as JSON.
    pub(crate) rules: String,
    pub(crate) published_at: Option<OffsetDateTime>,
    pub(crate) created_by: String,
    pub(crate) created_at: OffsetDateTime,
}

/// A workflow, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workflow)]
pub(super) struct DefinitionView {
    id: WorkflowId,
    #[schema(example = "large payments")]
    name: String,
    newest_version: i64,
    /// Whether new payments are looked at.
    published: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Definition> for DefinitionView {
    fn from(definition: Definition) -> Self {
        let Definition { id, name, newest, published_version_id, .. } = definition;
        let Definition { created_at, updated_at, .. } = definition;
        let published = published_version_id.is_some();
        Self { id, name, newest_version: newest, published, created_at, updated_at }
    }
}

/// A version, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkflowVersion)]
pub(super) struct VersionView {
    workflow: WorkflowId,
    number: i64,
    rules: Rules,
    created_by: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    published_at: Option<OffsetDateTime>,
}

impl TryFrom<Version> for VersionView {
    type Error = Error;

    fn try_from(version: Version) -> Result<Self, Error> {
        let rules = Rules::stored(&version.rules)?;
        let Version { definition_id, number, created_by, created_at, published_at, .. } = version;
        Ok(Self { workflow: definition_id, number, rules, created_by, created_at, published_at })
    }
}
