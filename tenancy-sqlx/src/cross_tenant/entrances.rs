use tenancy_core::{Error, ErrorKind, ServerName};

use super::Entrance;
use crate::backend::Backend;
use crate::options::TenantDbOptions;

/// Where the rows of all tenants are read: of each server by itself.
pub(crate) struct Entrances {
    first: Option<Entrance>,
    others: Vec<(ServerName, Entrance)>,
}

impl Entrances {
    /// Reads the addresses that there are; `main` is where the tenants' transactions go.
    pub(crate) fn open(options: &TenantDbOptions, main: Backend) -> Result<Self, Error> {
        let first = options.cross_tenant.as_ref();
        let first = first.map(|address| Entrance::open(address, options, main)).transpose()?;
        let others = options.cross_tenant_at.iter();
        let others = others
            .map(|server| Ok((server.name.clone(), Entrance::open(&server.url, options, main)?)))
            .collect::<Result<_, Error>>()?;
        Ok(Self { first, others })
    }

    /// Returns the one to a server, without a name to the first.
    pub(crate) fn to(&self, server: Option<&ServerName>) -> Result<&Entrance, Error> {
        let (found, call) = match server {
            None => (self.first.as_ref(), ".cross_tenant(url)"),
            Some(name) => {
                let found = self.others.iter().find(|(known, _)| known == name);
                (found.map(|(_, entrance)| entrance), ".cross_tenant_at(server, url)")
            }
        };
        found.ok_or_else(|| {
            let message = format!(
                "cross tenants: add {call} to TenantDb::options(), with a database role of its own"
            );
            Error::new(ErrorKind::Misconfigured, message)
        })
    }

    pub(crate) async fn close(&self) {
        for entrance in self.first.iter().chain(self.others.iter().map(|(_, entrance)| entrance)) {
            entrance.close().await;
        }
    }
}
