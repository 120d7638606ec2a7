use tenancy_core::Auditor;

struct Nowhere;

fn main() {
    Auditor::new(Nowhere);
}
