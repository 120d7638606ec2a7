use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Inner;
use super::compiled::CompiledForbid;
use super::permission_set::PermissionSet;
use super::permission_table::PermissionTable;
use super::{Capability, Forbid, Permission, PermissionPattern, Role, RoleCatalogue, RoleName};
use crate::{Error, ErrorKind};

/// What becomes a [`RoleCatalogue`].
#[derive(Debug, Clone)]
#[must_use = "nothing is declared until it is built"]
pub struct RoleCatalogueBuilder {
    permissions: Vec<Cow<'static, str>>,
    roles: Vec<Role>,
    forbids: Vec<Forbid>,
}

impl RoleCatalogueBuilder {
    pub(super) const fn new() -> Self {
        Self { permissions: Vec::new(), roles: Vec::new(), forbids: Vec::new() }
    }

    /// Declares what may be done to a resource. To declare something twice changes nothing.
    pub fn resource<'a>(
        mut self,
        resource: &str,
        actions: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let permission = |action| Cow::Owned(format!("{resource}:{action}"));
        self.permissions.extend(actions.into_iter().map(permission));
        self
    }

    /// Declares the permission of a capability.
    pub fn capability<C: Capability>(mut self) -> Self {
        self.permissions.push(String::from(C::PERMISSION).into());
        self
    }

    /// Adds a role. Its parents may come later.
    pub fn role(mut self, role: Role) -> Self {
        self.roles.push(role);
        self
    }

    /// Forbids something to everybody.
    pub fn forbid(mut self, forbid: Forbid) -> Self {
        self.forbids.push(forbid);
        self
    }

    /// Checks all of it, and works out what each role may do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`], and what is wrong: a text that is no permission, pattern or
    /// name; a pattern that means no declared permission, or `*:*` in a role; two roles of one
    /// name; a parent that is no role; roles that inherit in a circle; two forbids of one id.
    pub fn build(self) -> Result<RoleCatalogue, Error> {
        let table = PermissionTable::new(permissions(&self.permissions)?);
        let roles = flattened(own_permissions(&self.roles, &table)?)?;
        let forbids = compiled(self.forbids, &table)?;
        Ok(RoleCatalogue::of(Inner { table, roles, forbids }))
    }
}

fn misconfigured(message: String) -> Error {
    Error::new(ErrorKind::Misconfigured, message)
}

fn permissions(texts: &[Cow<'static, str>]) -> Result<BTreeSet<Permission>, Error> {
    let read = |text: &Cow<'static, str>| {
        Permission::parse(text).map_err(|error| {
            misconfigured(format!("declare the permission {text:?}")).with_source(error)
        })
    };
    texts.iter().map(read).collect()
}

/// A role whose parents are not yet worked in.
struct Unflattened {
    parents: Vec<RoleName>,
    may: PermissionSet,
}

fn own_permissions(
    roles: &[Role],
    table: &PermissionTable,
) -> Result<BTreeMap<RoleName, Unflattened>, Error> {
    let mut found = BTreeMap::new();
    for role in roles {
        let wrong = |error: Error| {
            misconfigured(format!("declare the role {:?}", role.name)).with_source(error)
        };
        let name = RoleName::parse(&role.name).map_err(wrong)?;
        let parents = role.parents.iter().map(|parent| RoleName::parse(parent));
        let parents = parents.collect::<Result<_, _>>().map_err(wrong)?;
        let mut may = table.set([]);
        for pattern in &role.patterns {
            may = may.union(&meaning(role, pattern, table)?);
        }
        if found.insert(name, Unflattened { parents, may }).is_some() {
            return Err(misconfigured(format!("declare the role {:?}: it is there", role.name)));
        }
    }
    Ok(found)
}

fn meaning(role: &Role, text: &str, table: &PermissionTable) -> Result<PermissionSet, Error> {
    let wrong = |why| misconfigured(format!("let the role {:?} do {text:?}: {why}", role.name));
    let pattern = PermissionPattern::parse(text)
        .map_err(|error| wrong("it is no pattern of permissions").with_source(error))?;
    if pattern == PermissionPattern::EVERYTHING {
        return Err(wrong("name its resources, so that nobody gets by chance what comes later"));
    }
    table.matching(&pattern).ok_or_else(|| wrong("no permission like this is declared"))
}

/// Adds to each role what its parents may do: those first that have no parents, then their
/// children, and so on.
fn flattened(
    mut waiting: BTreeMap<RoleName, Unflattened>,
) -> Result<BTreeMap<RoleName, PermissionSet>, Error> {
    let names: BTreeSet<_> = waiting.keys().cloned().collect();
    for (name, role) in &waiting {
        if let Some(parent) = role.parents.iter().find(|parent| !names.contains(parent)) {
            let message = format!("let the role {name} inherit {parent}: there is no such role");
            return Err(misconfigured(message));
        }
    }
    let mut done: BTreeMap<RoleName, PermissionSet> = BTreeMap::new();
    while !waiting.is_empty() {
        let is_ready = |role: &Unflattened| role.parents.iter().all(|at| done.contains_key(at));
        let (ready, blocked): (BTreeMap<_, _>, _) =
            waiting.into_iter().partition(|(_, role)| is_ready(role));
        if ready.is_empty() {
            return Err(circle(&blocked));
        }
        for (name, role) in ready {
            let inherited = role.parents.iter().filter_map(|parent| done.get(parent));
            let may = inherited.fold(role.may, |may, parent| may.union(parent));
            done.insert(name, may);
        }
        waiting = blocked;
    }
    Ok(done)
}

/// Names the roles of a circle. Each of these has a parent among them, so going up long enough
/// walks in one.
fn circle(blocked: &BTreeMap<RoleName, Unflattened>) -> Error {
    let parent_of = |name: &RoleName| {
        blocked.get(name)?.parents.iter().find(|parent| blocked.contains_key(parent)).cloned()
    };
    let mut path: Vec<RoleName> = blocked.keys().take(1).cloned().collect();
    while let Some(parent) = path.last().and_then(parent_of) {
        let seen = path.iter().position(|name| *name == parent);
        path.push(parent);
        if let Some(start) = seen {
            path.drain(..start);
            break;
        }
    }
    let names: Vec<_> = path.iter().map(RoleName::as_str).collect();
    misconfigured(format!("let roles inherit in a circle: {}", names.join(" > ")))
}

fn compiled(forbids: Vec<Forbid>, table: &PermissionTable) -> Result<Vec<CompiledForbid>, Error> {
    let mut ids = BTreeSet::new();
    for forbid in &forbids {
        if !ids.insert(forbid.id()) {
            let message = format!("forbid {:?} to everybody: this id is there", forbid.id());
            return Err(misconfigured(message));
        }
    }
    let mut compiled = Vec::with_capacity(forbids.len());
    for forbid in forbids {
        let stops = table.matching(forbid.permission()).ok_or_else(|| {
            let (id, pattern) = (forbid.id(), forbid.permission());
            misconfigured(format!("forbid {id:?} to everybody: no permission is like {pattern}"))
        })?;
        compiled.push(CompiledForbid::new(forbid, stops));
    }
    compiled.sort_by(|a, b| a.forbid.id().cmp(b.forbid.id()));
    Ok(compiled)
}
