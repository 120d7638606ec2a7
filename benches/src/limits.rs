use crate::{Figure, Goal};

/// Goals lie about a third above what a quiet machine measures: a guard against getting slower,
/// not yet where this wants to be.
pub(crate) const FIGURES: [Figure; 9] = [
    Figure {
        question: "memory: one hot key / governor keyed",
        ours: "limits_memory/ours_hot",
        reference: "limits_memory/governor_keyed_hot",
        goal: Goal::Ratio(3.6),
    },
    Figure {
        question: "memory: one hot key / governor direct",
        ours: "limits_memory/ours_hot",
        reference: "limits_memory/governor_direct",
        goal: Goal::Ratio(14.0),
    },
    Figure {
        question: "memory: a refusal / governor keyed",
        ours: "limits_memory/ours_refused",
        reference: "limits_memory/governor_keyed_refused",
        goal: Goal::Ratio(3.6),
    },
    Figure {
        question: "memory: 10,000 tenants / governor keyed",
        ours: "limits_memory/ours_tenants",
        reference: "limits_memory/governor_keyed_tenants",
        goal: Goal::Ratio(4.5),
    },
    Figure {
        question: "memory: three limits / three governor keyed",
        ours: "limits_memory/ours_three",
        reference: "limits_memory/governor_keyed_three",
        goal: Goal::Ratio(3.3),
    },
    Figure {
        question: "redis: one limit, one task / INCR",
        ours: "limits_redis/ours_one_task",
        reference: "limits_redis/incr_one_task",
        goal: Goal::Ratio(2.4),
    },
    Figure {
        question: "redis: a refusal, one task / INCR",
        ours: "limits_redis/ours_refused_one_task",
        reference: "limits_redis/incr_one_task",
        goal: Goal::Ratio(2.2),
    },
    Figure {
        question: "redis: three limits, one task / INCR",
        ours: "limits_redis/ours_three_one_task",
        reference: "limits_redis/incr_one_task",
        goal: Goal::Ratio(3.5),
    },
    Figure {
        question: "redis: one limit, 64 tasks / INCR, 64 tasks",
        ours: "limits_redis/ours_64_tasks",
        reference: "limits_redis/incr_64_tasks",
        goal: Goal::Ratio(9.0),
    },
];
