use crate::{Figure, Goal};

pub(crate) const FIGURES: [Figure; 8] = [
    Figure {
        question: "a row by key / by hand, in a transaction",
        ours: "isolation_repository/find",
        reference: "isolation_repository/find_by_hand",
        goal: Goal::Ratio(1.05),
    },
    Figure {
        question: "a row by key, begin to end / a bare statement",
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
