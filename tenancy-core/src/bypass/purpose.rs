/// What a [`Bypass`](super::Bypass) is for: a type of the application.
///
/// A function that crosses tenants names the purpose in its signature, so that a bypass for
/// reports opens nothing else.
///
/// ```
/// use tenancy_core::BypassPurpose;
///
/// enum PlatformReports {}
///
/// impl BypassPurpose for PlatformReports {
///     const NAME: &'static str = "platform_reports";
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no purpose of a bypass",
    note = "write `impl BypassPurpose for {Self} {{ const NAME: &'static str = \"…\"; }}`; the name is 1 \
            to 64 of a-z, 0-9, _ and ."
)]
pub trait BypassPurpose: Send + Sync + 'static {
    /// The name in audit events: 1 to 64 characters of `a-z`, `0-9`, `_` and `.`. Another one
    /// does not compile where a bypass is granted.
    const NAME: &'static str;
}
