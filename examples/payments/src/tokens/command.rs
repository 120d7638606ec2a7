use std::io::{Write as _, stdout};

use clap::Subcommand;
use tenancy_core::{Clock, Error};

use super::SigningKey;
use super::key_ring::{phase, spans};
use crate::app::Backends;

/// What becomes of the keys that sign tokens.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum KeysCommand {
    /// Make a new one: it signs from a minute from now on, and the one before it verifies what it
    /// has signed
    Rotate,
    /// List them, the oldest first; no secret is shown
    List,
}

/// Does it. Nodes that run hear of a new key within a second.
pub(crate) async fn execute(command: KeysCommand, backends: &Backends) -> Result<(), Error> {
    let (db, clock) = (&backends.db, &backends.clock);
    match command {
        KeysCommand::Rotate => {
            let key = SigningKey::make(db, &backends.people.sealer, clock.now()).await?;
            say(&format!("{}\n", key.id));
        }
        KeysCommand::List => say(&list(&SigningKey::all(db).await?, &**clock)),
    }
    Ok(())
}

fn list(keys: &[SigningKey], clock: &dyn Clock) -> String {
    let spans = spans(keys.iter().map(|key| key.created_at));
    let line = |(key, span): (&SigningKey, _)| {
        let phase = format!("{:?}", phase(span, clock.now())).to_lowercase();
        format!("{} {phase} made {}\n", key.id, key.created_at)
    };
    keys.iter().zip(spans).map(line).collect::<Vec<_>>().concat()
}

/// Whoever reads along may have gone.
fn say(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
}
