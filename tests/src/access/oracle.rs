//! The same rules told another way: nothing looked up, nothing flattened, paths as lists of steps.

use tenancy_core::access::{
    Access, AccessDecision, Forbid, Grant, Grants, Owner, Permission, PermissionPattern, Resource,
    Role, RoleCatalogue, RoleName, Scope,
};
use tenancy_core::{Actor, ActorKind, TenantId};
use time::{Duration, OffsetDateTime};

pub(super) const DECLARED: [&str; 5] = ["a:x", "a:y", "b:x", "b:y", "ab:xy"];
pub(super) const KINDS: [&str; 2] = ["k", "kk"];

pub(super) type Path = Vec<(usize, String)>;

#[derive(Debug, Clone)]
pub(super) struct ARole {
    /// The places of roles before this one.
    pub(super) parents: Vec<usize>,
    pub(super) patterns: Vec<&'static str>,
}

#[derive(Debug, Clone)]
pub(super) struct Narrowing {
    pub(super) path: Path,
    pub(super) only_own: bool,
    pub(super) from: Option<i64>,
    pub(super) until: Option<i64>,
}

#[derive(Debug, Clone)]
pub(super) enum Gives {
    /// The place of a role; one behind the last is unknown.
    Role(usize),
    Permissions(Vec<&'static str>),
}

#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) gives: Gives,
    pub(super) narrowing: Narrowing,
}

#[derive(Debug, Clone)]
pub(super) struct Forbidden {
    pub(super) pattern: &'static str,
    pub(super) narrowing: Narrowing,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: &'static str,
    pub(super) scopes: Option<Vec<&'static str>>,
    /// The ids are the places, in this order: shuffled.
    pub(super) grants: Vec<(u8, Given)>,
    pub(super) forbids: Vec<(u8, Forbidden)>,
}

#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) roles: Vec<ARole>,
    pub(super) forbids: Vec<Forbidden>,
    /// Who acts, and for whom.
    pub(super) chain: Vec<Person>,
}

#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) paths: Vec<Path>,
    pub(super) scopes: Vec<Scope>,
    pub(super) owner: Owner<'static>,
}

impl Thing {
    pub(super) fn new(paths: Vec<Path>, owner: Owner<'static>) -> Self {
        let scopes = paths.iter().map(scope).collect();
        Self { paths, scopes, owner }
    }
}

impl Resource for Thing {
    fn scopes(&self) -> std::borrow::Cow<'_, [Scope]> {
        (&self.scopes).into()
    }

    fn owner(&self) -> Owner<'_> {
        self.owner
    }
}

/// What was decided, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Permitted(String, Option<String>),
    Forbidden(String),
    NotGranted(String),
    TooNarrow(String),
    Undeclared,
}

pub(super) fn said(decision: &AccessDecision<'_>) -> Said {
    match decision {
        AccessDecision::Permitted(permit) => Said::Permitted(
            permit.grant().id().to_owned(),
            permit.principal_grant().map(|grant| grant.id().to_owned()),
        ),
        AccessDecision::Forbidden(forbid) => Said::Forbidden(forbid.id().to_owned()),
        AccessDecision::NotGranted(actor) => Said::NotGranted(actor.id().to_owned()),
        AccessDecision::CredentialTooNarrow(actor) => Said::TooNarrow(actor.id().to_owned()),
        AccessDecision::Undeclared => Said::Undeclared,
        other => panic!("not of this story: {other:?}"),
    }
}

pub(super) fn scope(path: &Path) -> Scope {
    path.iter().fold(Scope::TENANT, |scope, (kind, id)| scope.at(KINDS[*kind], id))
}

pub(super) fn at(time: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::microseconds(time)
}

impl Story {
    /// Puts it together with the code under test, at a tenant.
    pub(super) fn access(&self, tenant: TenantId) -> Access {
        let declared = RoleCatalogue::builder()
            .resource("a", ["x", "y"])
            .resource("b", ["y", "x"])
            .resource("ab", ["xy"]);
        let builder = self.roles.iter().enumerate().fold(declared, |builder, (place, role)| {
            let named = Role::new(format!("r{place}"));
            let named = role.parents.iter().fold(named, |role, at| role.inherits(format!("r{at}")));
            builder.role(role.patterns.iter().fold(named, |role, pattern| role.may(*pattern)))
        });
        let forbids = self.forbids.iter().enumerate();
        let builder = forbids.fold(builder, |builder, (place, forbid)| {
            builder.forbid(forbid.build(format!("all{place}")))
        });
        let catalogue = builder.build().unwrap();
        let grants: Vec<_> = self.chain.iter().map(|person| person.grants(tenant)).collect();
        Access::new(&catalogue, tenant, &self.actor(), grants).unwrap()
    }

    pub(super) fn actor(&self) -> Actor {
        let chain = self.chain.iter().rev().map(Person::actor);
        chain.reduce(|principal, actor| actor.on_behalf_of(principal)).unwrap()
    }

    /// Decides by the book.
    pub(super) fn decide(&self, permission: &str, on: &Thing, now: i64) -> Said {
        if !DECLARED.contains(&permission) {
            return Said::Undeclared;
        }
        for person in &self.chain {
            if person.scopes.as_ref().is_some_and(|scopes| !scopes.contains(&permission)) {
                return Said::TooNarrow(person.id.to_owned());
            }
        }
        for person in &self.chain {
            let everybodys = self.forbids.iter().enumerate();
            let everybodys = everybodys.map(|(place, forbid)| (format!("all{place}"), forbid));
            let own = person.forbids.iter().map(|(id, forbid)| (format!("f{id}"), forbid));
            let mut own: Vec<_> = own.collect();
            own.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (id, forbid) in everybodys.chain(own) {
                if forbid.is_about(permission, person, on, now) {
                    return Said::Forbidden(id);
                }
            }
        }
        let mut named = Vec::new();
        for person in &self.chain {
            let permitting = person.grants.iter().filter(|(_, given)| {
                self.gives(&given.gives, permission) && given.narrowing.covers(person, on, now)
            });
            match permitting.map(|(id, _)| format!("g{id}")).min() {
                Some(id) => named.push(id),
                None => return Said::NotGranted(person.id.to_owned()),
            }
        }
        let mut named = named.into_iter();
        Said::Permitted(named.next().unwrap(), named.next_back())
    }

    fn gives(&self, gives: &Gives, permission: &str) -> bool {
        match gives {
            Gives::Role(place) => self.role_may(*place, permission),
            Gives::Permissions(permissions) => permissions.contains(&permission),
        }
    }

    fn role_may(&self, place: usize, permission: &str) -> bool {
        self.roles.get(place).is_some_and(|role| {
            role.patterns.iter().any(|pattern| fits(pattern, permission))
                || role.parents.iter().any(|parent| self.role_may(*parent, permission))
        })
    }
}

fn fits(pattern: &str, permission: &str) -> bool {
    let words = |text: &str| text.split(':').map(str::to_owned).collect::<Vec<_>>();
    words(pattern).iter().zip(words(permission)).all(|(word, found)| word == "*" || *word == found)
}

impl Person {
    fn actor(&self) -> Actor {
        let actor = Actor::new(ActorKind::User, self.id);
        match &self.scopes {
            Some(scopes) => actor.with_scopes(scopes.iter().copied()),
            None => actor,
        }
    }

    fn grants(&self, tenant: TenantId) -> Grants {
        let mut grants = Grants::of(tenant, &self.actor());
        grants.extend(self.grants.iter().map(|(id, given)| given.build(format!("g{id}"))));
        grants.extend(self.forbids.iter().map(|(id, forbid)| forbid.build(format!("f{id}"))));
        grants
    }

    fn owns(&self, on: &Thing) -> Option<bool> {
        match on.owner {
            Owner::Unknown => None,
            Owner::Nobody => Some(false),
            Owner::Actor(kind, id) => Some(kind == ActorKind::User && id == self.id),
        }
    }
}

impl Narrowing {
    fn holds(&self, now: i64) -> bool {
        self.from.is_none_or(|from| now >= from) && self.until.is_none_or(|until| now < until)
    }

    fn covers(&self, person: &Person, on: &Thing, now: i64) -> bool {
        let place =
            self.path.is_empty() || on.paths.iter().any(|path| path.starts_with(&self.path));
        self.holds(now) && place && (!self.only_own || person.owns(on) == Some(true))
    }
}

impl Forbidden {
    fn is_about(&self, permission: &str, person: &Person, on: &Thing, now: i64) -> bool {
        let narrowing = &self.narrowing;
        let is_understood = DECLARED.iter().any(|declared| fits(self.pattern, declared));
        let place = narrowing.path.is_empty()
            || on
                .paths
                .iter()
                .any(|path| path.starts_with(&narrowing.path) || narrowing.path.starts_with(path));
        (fits(self.pattern, permission) || !is_understood)
            && place
            && narrowing.holds(now)
            && (!narrowing.only_own || person.owns(on) != Some(false))
    }

    fn build(&self, id: String) -> Forbid {
        let Narrowing { path, only_own, from, until } = &self.narrowing;
        let pattern = PermissionPattern::parse(self.pattern).unwrap();
        let mut forbid = Forbid::new(id, pattern, scope(path));
        if *only_own {
            forbid = forbid.only_own();
        }
        if let Some(from) = from {
            forbid = forbid.valid_from(at(*from));
        }
        if let Some(until) = until {
            forbid = forbid.valid_until(at(*until));
        }
        forbid
    }
}

impl Given {
    pub(super) fn build(&self, id: String) -> Grant {
        let Narrowing { path, only_own, from, until } = &self.narrowing;
        let mut grant = match &self.gives {
            Gives::Role(place) => {
                Grant::role(id, RoleName::parse(&format!("r{place}")).unwrap(), scope(path))
            }
            Gives::Permissions(texts) => {
                let permissions = texts.iter().map(|text| Permission::parse(text).unwrap());
                Grant::permissions(id, permissions, scope(path))
            }
        };
        if *only_own {
            grant = grant.only_own();
        }
        if let Some(from) = from {
            grant = grant.valid_from(at(*from));
        }
        if let Some(until) = until {
            grant = grant.valid_until(at(*until));
        }
        grant
    }
}
