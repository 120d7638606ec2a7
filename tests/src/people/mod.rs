//! People who sign in, what they may do, and the keys of their programs.

mod api_keys;
mod authenticator;
mod browser;
mod invitations;
mod reset;
mod roles;
mod second_factor;
mod sign_in;
mod throttle;
mod tokens;

use serde_json::{Value, json};

pub(crate) use browser::Browser;

use crate::harness::{Server, Site, eventually};

const UNLIMITED: [&str; 2] = ["--requests-per-minute", "100000"];

/// What the demo people sign in with.
pub(crate) const PASSWORD: &str = "a demo password";

/// Waits until a credential opens nothing any more: that is so on every node within a second.
async fn ended(what: &str, mut status: impl AsyncFnMut() -> u16) {
    let started = std::time::Instant::now();
    eventually(what, async || status().await == 401).await;
    assert!(started.elapsed() < std::time::Duration::from_secs(3), "{what}");
}

/// Starts a server that writes mail into a folder beside the data.
async fn with_mail(site: &Site) -> Server {
    let folder = site.mail().display().to_string();
    site.serve(&[UNLIMITED[0], UNLIMITED[1], "--mail-dir", &folder]).await
}

/// Reads the token of the newest mail to somebody.
pub(crate) fn token_for(site: &Site, email: &str) -> String {
    tokens_for(site, email).pop().unwrap_or_else(|| panic!("no mail to {email}"))
}

/// Reads the tokens of all mails to somebody, the oldest first.
fn tokens_for(site: &Site, email: &str) -> Vec<String> {
    let mails = std::fs::read_dir(site.mail()).expect("a folder");
    let mails = mails.map(|entry| entry.expect("an entry"));
    let to = format!("To: {email}\n");
    let mails = mails.filter(|entry| entry.path().extension().is_some_and(|end| end == "txt"));
    let read = |entry: std::fs::DirEntry| {
        let changed = entry.metadata().and_then(|data| data.modified()).expect("a time");
        (changed, std::fs::read_to_string(entry.path()).expect("text"))
    };
    let mut mails: Vec<_> = mails.map(read).filter(|(_, text)| text.starts_with(&to)).collect();
    mails.sort();
    let token =
        |text: &str| text.lines().find_map(|line| line.strip_prefix("token: ")).map(str::to_owned);
    mails.iter().map(|(_, text)| token(text).expect("a token")).collect()
}

pub(crate) fn invitation(email: &str, role: &str) -> Value {
    json!({ "email": email, "name": "Mara Lindqvist", "role": role })
}
