use super::Permission;

/// A permission as a type, so that a function's signature shows what it needs.
///
/// ```
/// use tenancy_core::access::{Capability, Permission};
///
/// /// Give money back.
/// struct RefundPayments;
///
/// impl Capability for RefundPayments {
///     const PERMISSION: Permission = Permission::from_static("payments:refund");
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no capability",
    label = "which permission should this be?",
    note = "write `impl Capability for {Self} {{ const PERMISSION: Permission = \
            Permission::from_static(\"resource:action\"); }}`"
)]
pub trait Capability: Send + Sync + 'static {
    /// The permission it stands for. A [`RoleCatalogue`](super::RoleCatalogue) declares it too.
    const PERMISSION: Permission;
}
