use crate::{Figure, Goal};

pub(crate) const FIGURES: [Figure; 15] = [
    Figure {
        question: "the tenant of the running task / task-local",
        ours: "edge_context/ours",
        reference: "edge_context/bare_task_local",
        goal: Goal::Ratio(1.5),
    },
    Figure {
        question: "directory hit, 100,000 tenants / bare moka",
        ours: "edge_directory/ours",
        reference: "edge_directory/bare_moka",
        goal: Goal::Ratio(1.3),
    },
    Figure {
        question: "chain, header / bare moka",
        ours: "edge_directory/chain_header",
        reference: "edge_directory/bare_moka",
        goal: Goal::Ratio(3.0),
    },
    Figure {
        question: "chain, subdomain / bare moka",
        ours: "edge_directory/chain_subdomain",
        reference: "edge_directory/bare_moka",
        goal: Goal::Ratio(3.0),
    },
    Figure {
        question: "a repeated token / jsonwebtoken, RS256",
        ours: "edge_jwt/repeated",
        reference: "edge_jwt/jsonwebtoken",
        goal: Goal::Ratio(0.05),
    },
    Figure {
        question: "a new token / jsonwebtoken, RS256",
        ours: "edge_jwt/first",
        reference: "edge_jwt/jsonwebtoken",
        goal: Goal::Ratio(1.1),
    },
    Figure {
        question: "all layers, beyond a bare axum handler",
        ours: "edge_stack/all_layers",
        reference: "edge_stack/bare",
        goal: Goal::Adds { nanos: 2_000.0 },
    },
    Figure {
        question: "all layers, a handler with a read, over a socket",
        ours: "edge_wrk/all_layers",
        reference: "edge_wrk/bare",
        goal: Goal::Rate(0.9),
    },
    Figure {
        question: "10,000 unknown/s: known tenants' p99",
        ours: "edge_misses/flooded",
        reference: "edge_misses/calm",
        goal: Goal::Ratio(1.2),
    },
    Figure {
        question: "10,000 unknown/s: memory, last round / first",
        ours: "edge_misses/memory_after_all",
        reference: "edge_misses/memory_after_first",
        goal: Goal::Growth(1.1),
    },
    Figure {
        question: "memory of a remembered tenant",
        ours: "edge_memory/a_tenant",
        reference: "",
        goal: Goal::Bytes(1_024.0),
    },
    Figure {
        question: "a tenant's cached value, 100,000 / bare moka",
        ours: "edge_cache/ours",
        reference: "edge_cache/bare_moka",
        goal: Goal::Ratio(3.0),
    },
    Figure {
        question: "an access decision, 10 grants: permitted",
        ours: "edge_access/permitted",
        reference: "edge_access/nothing",
        goal: Goal::Adds { nanos: 300.0 },
    },
    Figure {
        question: "an access decision, 10 grants: forbidden",
        ours: "edge_access/forbidden",
        reference: "edge_access/nothing",
        goal: Goal::Adds { nanos: 300.0 },
    },
    Figure {
        question: "an access decision, 10 grants: not granted",
        ours: "edge_access/not_granted",
        reference: "edge_access/nothing",
        goal: Goal::Adds { nanos: 300.0 },
    },
];
