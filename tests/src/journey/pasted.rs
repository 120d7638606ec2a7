//! The lines that the program prints to be pasted into a terminal.

use tokio::process::Command;

use super::Cast;
use crate::harness::Answer;

/// Pastes each, the first twice.
pub(super) async fn lines_do_what_they_say(cast: &Cast) {
    let [create, list, cross] = cast.server.announced().commands.as_slice() else {
        panic!("three lines are promised: {:?}", cast.server.announced())
    };
    let made = paste(create).await;
    cast.riverside.check(&made);
    let payment = made.ok(201);
    assert_eq!((&payment["amount"], &payment["currency"]), (&1250.into(), &"USD".into()));
    assert_eq!(payment["state"], "requires_confirmation");

    let again = paste(create).await;
    cast.riverside.check(&again);
    assert_eq!((again.status, &again.body), (201, &made.body));
    assert_eq!(again.header("idempotent-replayed"), "true");

    let listed = paste(list).await;
    cast.nordhafen.check(&listed);
    let page = listed.ok(200);
    assert_eq!((page["data"].as_array().map(Vec::len), &page["has_more"]), (Some(3), &true.into()));

    let refused = paste(cross).await;
    cast.riverside.check(&refused);
    refused.refused(403, "tenant_mismatch");
}

/// Runs a line as a shell does, with the real curl.
async fn paste(line: &str) -> Answer {
    let output = Command::new("sh").args(["-c", line]).output().await.expect("a shell");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    Answer::parse(&output.stdout)
}
