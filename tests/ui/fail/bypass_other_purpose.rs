use tenancy_core::{Bypass, BypassPurpose};

enum Reports {}

impl BypassPurpose for Reports {
    const NAME: &'static str = "reports";
}

enum Erasure {}

impl BypassPurpose for Erasure {
    const NAME: &'static str = "erasure";
}

fn erase(_: &Bypass<Erasure>) {}

fn misused(bypass: &Bypass<Reports>) {
    erase(bypass);
}

fn main() {}
