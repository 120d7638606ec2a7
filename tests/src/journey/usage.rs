//! What was used, to the last call.

use serde_json::Value;

use crate::harness::{Client, eventually};

/// Waits until the bank's usage is exactly what it asked for, and its transactions.
pub(crate) async fn is_exact(bank: &Client, plan: &str, transactions: u64) {
    let mut last = Value::Null;
    // A call is counted soon after its answer.
    eventually("usage is exact", async || {
        let calls = bank.metered();
        last = bank.get("/v1/usage").await.ok(200);
        println!("{plan}: {calls} calls expected, {last}");
        used(&last, "api_calls") == calls
    })
    .await;
    assert_eq!(used(&last, "transactions"), transactions, "{last}");
    assert!(used(&last, "bandwidth_bytes") > 0);
    assert_eq!(last["plan"], plan);
}

/// Waits until a meter shows this; returns the usage.
pub(crate) async fn of(bank: &Client, meter: &str, expected: u64) -> Value {
    let mut last = Value::Null;
    eventually("usage is counted", async || {
        last = bank.get("/v1/usage").await.ok(200);
        let used = used(&last, meter);
        assert!(used <= expected, "more than {expected}: {last}");
        used == expected
    })
    .await;
    last
}

fn used(usage: &Value, meter: &str) -> u64 {
    let meters = usage["usage"].as_array().expect("a list of meters");
    let found = meters.iter().find(|view| view["meter"] == meter).expect("the meter");
    found["used"].as_u64().expect("a number")
}
