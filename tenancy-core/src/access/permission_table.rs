use std::collections::{BTreeSet, HashMap};

use super::permission_set::PermissionSet;
use super::{Permission, PermissionPattern};

/// The permissions of a program, each with its place.
#[derive(Debug)]
pub(super) struct PermissionTable {
    permissions: Vec<Permission>,
    places: HashMap<Permission, usize>,
    resources: HashMap<Box<str>, PermissionSet>,
    actions: HashMap<Box<str>, PermissionSet>,
    everything: PermissionSet,
}

impl PermissionTable {
    pub(super) fn new(permissions: BTreeSet<Permission>) -> Self {
        let permissions: Vec<_> = permissions.into_iter().collect();
        let places = permissions.iter().cloned().zip(0..).collect();
        Self {
            resources: by_word(&permissions, Permission::resource),
            actions: by_word(&permissions, Permission::action),
            everything: PermissionSet::new(permissions.len(), 0..permissions.len()),
            places,
            permissions,
        }
    }

    /// Returns them, in alphabetical order.
    pub(super) fn permissions(&self) -> &[Permission] {
        &self.permissions
    }

    pub(super) fn place(&self, permission: &Permission) -> Option<usize> {
        self.places.get(permission).copied()
    }

    pub(super) fn set(&self, places: impl IntoIterator<Item = usize>) -> PermissionSet {
        PermissionSet::new(self.permissions.len(), places)
    }

    pub(super) fn everything(&self) -> &PermissionSet {
        &self.everything
    }

    /// Returns the permissions that a pattern means; `None` when there is none.
    pub(super) fn matching(&self, pattern: &PermissionPattern) -> Option<PermissionSet> {
        let resource = match pattern.resource() {
            Some(resource) => self.resources.get(resource)?,
            None => &self.everything,
        };
        let action = match pattern.action() {
            Some(action) => self.actions.get(action)?,
            None => &self.everything,
        };
        Some(resource.intersection(action)).filter(|matching| !matching.is_empty())
    }
}

fn by_word(
    permissions: &[Permission],
    word: fn(&Permission) -> &str,
) -> HashMap<Box<str>, PermissionSet> {
    let words: BTreeSet<_> = permissions.iter().map(word).collect();
    let places_of =
        |found| (0..permissions.len()).filter(move |at| word(&permissions[*at]) == found);
    let set_of = |found| PermissionSet::new(permissions.len(), places_of(found));
    words.into_iter().map(|found| (found.into(), set_of(found))).collect()
}
