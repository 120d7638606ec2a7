use crate::access::capabilities;

capabilities! {
    /// See who works here.
    ViewMembers = "members:view" for Owner Admin Auditor Support;
    /// Invite people.
    InviteMembers = "members:invite" for Owner Admin;
    /// Change what people may do.
    UpdateMembers = "members:update" for Owner Admin;
    /// Remove people.
    RemoveMembers = "members:remove" for Owner Admin;
    /// Make owners, and change or remove them.
    ManageOwners = "owners:manage" for Owner;
}
