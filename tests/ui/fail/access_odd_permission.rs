use tenancy_core::access::{Permission, RoleName};

const EVERYTHING: Permission = Permission::from_static("payments:*");
const NOTHING: Permission = Permission::from_static("payments");
const TEACHER: RoleName = RoleName::from_static("Teacher");

fn main() {}
