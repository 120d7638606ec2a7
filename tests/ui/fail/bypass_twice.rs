use tenancy_core::{Bypass, BypassPurpose};

enum Reports {}

impl BypassPurpose for Reports {
    const NAME: &'static str = "reports";
}

fn multiplied(bypass: Bypass<Reports>) -> [Bypass<Reports>; 2] {
    [bypass.clone(), bypass]
}

fn main() {}
