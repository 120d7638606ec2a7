use crate::{Figure, Goal};

pub(crate) const FIGURES: [Figure; 3] = [
    Figure {
        question: "a count on a handle / an atomic add",
        ours: "usage_record/handle",
        reference: "usage_record/atomic",
        goal: Goal::Adds { nanos: 20.0 },
    },
    Figure {
        question: "two threads on a handle / on one atomic number",
        ours: "usage_record/handle_two_threads",
        reference: "usage_record/atomic_two_threads",
        goal: Goal::Ratio(1.0),
    },
    Figure {
        question: "a count by key, 10,000 tenants / an atomic add",
        ours: "usage_record/by_key",
        reference: "usage_record/atomic",
        goal: Goal::Adds { nanos: 400.0 },
    },
];
