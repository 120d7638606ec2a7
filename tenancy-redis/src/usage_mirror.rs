//! The counts in Redis as a mirror of those in SQL.

use async_trait::async_trait;
use tenancy_core::usage::{Month, Series, Usage, UsageMirror, UsageTruth};
use tenancy_core::{Error, TenantId};

use crate::request::{Reply, Request};
use crate::scripts::REBUILD_USAGE;
use crate::{RedisUsageMeter, keys, usage_field};

#[async_trait]
impl UsageMirror for RedisUsageMeter {
    async fn mirrored(&self, tenant: TenantId, month: Month) -> Result<(Usage, u64), Error> {
        let mut request = Request::command("HGETALL");
        request.key(keys::usage(tenant, month));
        let answer = self.store().send(&request).await.and_then(Reply::pairs);
        let (mut usage, mut version) = (Usage::new(month), 0);
        for (field, value) in answer.map_err(|failure| failure.into_error("read usage"))? {
            let value = value.try_into().unwrap_or(0);
            match usage_field::series(&field)? {
                Some(series) => usage.add_to(&series, value),
                None if field == usage_field::VERSION => version = value,
                None => {}
            }
        }
        Ok((usage, version))
    }

    async fn rebuild(
        &self,
        tenant: TenantId,
        truth: &UsageTruth,
        version: u64,
    ) -> Result<bool, Error> {
        let month = truth.usage.month();
        let mut request = Request::call(&REBUILD_USAGE, 1);
        request.arg(keys::usage(tenant, month)).arg(self.lives(month)).arg(version);
        for (meter, dimension, count) in truth.usage.parts() {
            let series = Series::new(meter.clone(), dimension.cloned());
            request.arg(usage_field::of_series(&series)).arg(count);
        }
        for id in &truth.runs {
            request.arg(usage_field::of_run(*id)).arg(id.sequence());
        }
        let answer = self.store().send_patiently(&request).await.and_then(Reply::integer);
        Ok(answer.map_err(|failure| failure.into_error("rebuild usage"))? == 1)
    }
}
