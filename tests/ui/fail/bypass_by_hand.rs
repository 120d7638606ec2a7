use std::marker::PhantomData;

use tenancy_core::{Bypass, BypassPurpose};

enum Reports {}

impl BypassPurpose for Reports {
    const NAME: &'static str = "reports";
}

fn made_from_another(bypass: Bypass<Reports>) -> Bypass<Reports> {
    Bypass { purpose: PhantomData, ..bypass }
}

fn main() {}
