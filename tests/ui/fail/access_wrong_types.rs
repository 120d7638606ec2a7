use std::sync::Arc;

use tenancy_axum::{AccessLayer, Permitted, PermittedOn};
use tenancy_core::access::RoleCatalogue;

struct Refund;
struct Payment;
struct Store;

async fn close(_: Permitted<Refund>) {}

fn layer(catalogue: RoleCatalogue) {
    AccessLayer::new(Arc::new(Store), catalogue);
}

struct View;

impl tenancy_core::access::Capability for View {
    const PERMISSION: tenancy_core::access::Permission =
        tenancy_core::access::Permission::from_static("payments:view");
}

fn on(may: PermittedOn<View>, payment: Payment) {
    may.on(payment);
}

fn main() {}
