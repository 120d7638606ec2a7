use crate::{Figure, Goal};

/// Goals lie about a third above what a quiet machine measures: a guard against getting slower,
/// not yet where this wants to be.
pub(crate) const FIGURES: [Figure; 23] = [
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
        question: "memory: a bucket, at once / governor keyed",
        ours: "limits_memory/ours_bucket_hot",
        reference: "limits_memory/governor_keyed_hot",
        goal: Goal::Ratio(3.6),
    },
    Figure {
        question: "memory: an at-most, at once / governor keyed",
        ours: "limits_memory/ours_at_most_hot",
        reference: "limits_memory/governor_keyed_hot",
        goal: Goal::Ratio(3.6),
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
        question: "redis: three windows, one task / INCR",
        ours: "limits_redis/ours_windows_one_task",
        reference: "limits_redis/incr_one_task",
        goal: Goal::Ratio(2.5),
    },
    Figure {
        question: "redis: a sliding log, one task / INCR",
        ours: "limits_redis/ours_log_one_task",
        reference: "limits_redis/incr_one_task",
        goal: Goal::Ratio(2.4),
    },
    Figure {
        question: "redis: one limit, 64 tasks, batched / INCR",
        ours: "limits_redis/ours_64_tasks",
        reference: "limits_redis/incr_64_tasks",
        goal: Goal::Rate(0.5),
    },
    Figure {
        question: "redis: three windows, 64 tasks / INCR",
        ours: "limits_redis/ours_windows_64_tasks",
        reference: "limits_redis/incr_64_tasks",
        goal: Goal::Rate(0.2),
    },
    Figure {
        question: "server time: three limits, batched / 3 scripts",
        ours: "limits_server/three_batched",
        reference: "limits_server/three_scripts",
        goal: Goal::Ratio(0.5),
    },
    Figure {
        question: "server time: one limit, batched / alone",
        ours: "limits_server/one_batched",
        reference: "limits_server/one",
        goal: Goal::Ratio(0.7),
    },
    Figure {
        question: "server memory: three windows of a tenant",
        ours: "limits_server/three_windows",
        reference: "",
        goal: Goal::Bytes(200.0),
    },
    Figure {
        question: "server memory: a log of 1,000 / a sorted set",
        ours: "limits_server/log",
        reference: "limits_server/sorted_set",
        goal: Goal::Growth(0.1),
    },
    Figure {
        question: "leased: two threads, hot keys / governor keyed",
        ours: "limits_lease/ours_two_threads",
        reference: "limits_lease/governor_keyed_two_threads",
        goal: Goal::Ratio(3.6),
    },
    Figure {
        question: "leased: two threads / 5,000,000 a second",
        ours: "limits_lease/ours_two_threads",
        reference: "limits_lease/five_million",
        goal: Goal::Rate(1.0),
    },
    Figure {
        question: "leased: asks redis, of 1,000 decisions",
        ours: "limits_lease/asked_per_thousand",
        reference: "",
        goal: Goal::Count(1.0),
    },
    Figure {
        question: "leased: 8 nodes, too many, % of the burst",
        ours: "limits_lease/eight_nodes_above",
        reference: "",
        goal: Goal::Count(0.0),
    },
    Figure {
        question: "leased: 8 nodes, left unused, % of the burst",
        ours: "limits_lease/eight_nodes_below",
        reference: "",
        goal: Goal::Count(5.0),
    },
];
