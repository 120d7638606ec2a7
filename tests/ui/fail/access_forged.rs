use tenancy_axum::{Permitted, PermittedOn, WholeTenant};
use tenancy_core::access::{Capability, Permission, Scope};

struct View;

impl Capability for View {
    const PERMISSION: Permission = Permission::from_static("payments:view");
}

fn made_up() {
    WholeTenant(());
    Permitted::<View>::by;
    Permitted::<View, Scope> { on: Scope::TENANT };
    Permitted::<View>::default();
}

fn of_another_kind(narrow: PermittedOn<View>) {
    whole(narrow.on(Scope::TENANT.at("branch", 7)).unwrap());
    whole(narrow);
}

fn on_another_thing(branch: Permitted<View, Scope>) {
    *branch = Scope::TENANT;
}

fn used_twice(branch: Permitted<View, Scope>) {
    whole_branch(branch);
    whole_branch(branch);
}

fn whole(_: Permitted<View>) {}

fn whole_branch(_: Permitted<View, Scope>) {}

fn main() {}
