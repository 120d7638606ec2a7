use crate::{Figure, Goal};

pub(crate) const FIGURES: [Figure; 18] = [
    Figure {
        question: "a row by key / by hand, in a transaction",
        ours: "isolation_repository/find",
        reference: "isolation_repository/find_by_hand",
        goal: Goal::Ratio(1.05),
    },
    Figure {
        question: "a row by key, begin to end / by hand, bare",
        ours: "isolation_repository/find_alone",
        reference: "isolation_repository/find_alone_by_hand",
        goal: Goal::Ratio(1.8),
    },
    Figure {
        question: "an insert / by hand, in a transaction",
        ours: "isolation_repository/insert",
        reference: "isolation_repository/insert_by_hand",
        goal: Goal::Ratio(1.05),
    },
    Figure {
        question: "10,000 rows inserted / UNNEST by hand",
        ours: "isolation_repository/insert_many",
        reference: "isolation_repository/insert_many_by_hand",
        goal: Goal::Ratio(1.1),
    },
    Figure {
        question: "a list of 100 / by hand, in a transaction",
        ours: "isolation_repository/list",
        reference: "isolation_repository/list_by_hand",
        goal: Goal::Ratio(1.05),
    },
    Figure {
        question: "a part at depth 1,000,000 / the first part",
        ours: "isolation_repository/page_deep",
        reference: "isolation_repository/page_first",
        goal: Goal::Ratio(1.2),
    },
    Figure {
        question: "a read, sealed / the same unsealed",
        ours: "isolation_repository/find_sealed",
        reference: "isolation_repository/find_unsealed",
        goal: Goal::Adds { nanos: 150_000.0 },
    },
    Figure {
        question: "round trips of a read, to its answer",
        ours: "isolation_wire/plain_read_answer",
        reference: "",
        goal: Goal::Count(2.0),
    },
    Figure {
        question: "round trips of a read, all",
        ours: "isolation_wire/plain_read_all",
        reference: "",
        goal: Goal::Count(3.0),
    },
    Figure {
        question: "round trips of an insert, to its commit",
        ours: "isolation_wire/plain_insert_answer",
        reference: "",
        goal: Goal::Count(3.0),
    },
    Figure {
        question: "round trips of a read, sealed, to its answer",
        ours: "isolation_wire/sealed_read_answer",
        reference: "",
        goal: Goal::Count(3.0),
    },
    Figure {
        question: "a row, of 100,000 tenants / of 10",
        ours: "isolation_size/find_among_many",
        reference: "isolation_size/find_among_few",
        goal: Goal::Ratio(1.2),
    },
    Figure {
        question: "a list of 100, of 100,000 tenants / of 10",
        ours: "isolation_size/list_among_many",
        reference: "isolation_size/list_among_few",
        goal: Goal::Ratio(1.2),
    },
    Figure {
        question: "a row, of 1,000 schemas / of 10",
        ours: "isolation_models/schemas_1000",
        reference: "isolation_models/schemas_10",
        goal: Goal::Ratio(1.4),
    },
    Figure {
        question: "200 databases at once: transactions that fail",
        ours: "isolation_models/databases_failed",
        reference: "",
        goal: Goal::Count(0.0),
    },
    Figure {
        question: "200 databases at once: connections",
        ours: "isolation_models/databases_connections",
        reference: "",
        goal: Goal::Count(50.0),
    },
    Figure {
        question: "scoper: a statement that ran before",
        ours: "isolation_scoper/known",
        reference: "isolation_scoper/nothing",
        goal: Goal::Adds { nanos: 200.0 },
    },
    Figure {
        question: "scoper: a join of 10 lines, first time",
        ours: "isolation_scoper/first",
        reference: "isolation_scoper/nothing",
        goal: Goal::Adds { nanos: 250_000.0 },
    },
];
