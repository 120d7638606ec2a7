use super::Role;

/// A capability, as its feature declares it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared {
    /// `resource:action`.
    pub(crate) permission: &'static str,
    /// What it lets somebody do, for people.
    pub(crate) about: &'static str,
    /// Who has it.
    pub(crate) roles: &'static [Role],
    /// Whether nobody has it on what is his own: maker and approver are two.
    pub(crate) four_eyes: bool,
}

/// Declares a feature's capabilities: a type for each, to ask for with `Permitted`, and
/// `CAPABILITIES` for the catalogue.
///
/// `not own` behind the roles is the rule of four eyes.
macro_rules! capabilities {
    ($(
        #[doc = $about:literal]
        $name:ident = $permission:literal for $($role:ident)+ $(, not $own:ident)?;
    )+) => {
        $(
            #[doc = $about]
            pub(crate) struct $name;

            impl tenancy_core::access::Capability for $name {
                const PERMISSION: tenancy_core::access::Permission =
                    tenancy_core::access::Permission::from_static($permission);
            }
        )+

        pub(crate) const CAPABILITIES: &[$crate::access::Declared] = &[$(
            $crate::access::Declared {
                permission: $permission,
                about: $about.trim_ascii(),
                roles: &[$($crate::access::Role::$role),+],
                four_eyes: matches!(&[$(stringify!($own))?] as &[&str], [_]),
            },
        )+];
    };
}

pub(crate) use capabilities;
