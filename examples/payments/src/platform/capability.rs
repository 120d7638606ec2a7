use super::PlatformRole;

/// What somebody of the platform may be permitted; asked for with
/// [`PlatformPermitted`](super::PlatformPermitted).
pub(crate) trait PlatformCapability: Send + Sync + 'static {
    /// `resource:action`. No tenant has a permission of this kind.
    const PERMISSION: &'static str;
    /// Who has it.
    const ROLES: &'static [PlatformRole];
}

/// Declares capabilities of the platform's people, beside the routes that ask for them: a type for
/// each, and who has it.
macro_rules! platform_capabilities {
    ($(
        #[doc = $about:literal]
        $name:ident = $permission:literal for $($role:ident)+;
    )+) => {$(
        #[doc = $about]
        pub(crate) struct $name;

        impl $crate::platform::PlatformCapability for $name {
            const PERMISSION: &'static str = $permission;
            const ROLES: &'static [$crate::platform::PlatformRole] =
                &[$($crate::platform::PlatformRole::$role),+];
        }
    )+};
}

pub(crate) use platform_capabilities;
