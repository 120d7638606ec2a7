//! Payment providers as servers: slow, away, wrong and forgetful ones.

mod connections;
mod failover;
mod timeout;

use crate::harness::{Client, Providers, Server, Site};
use crate::http::token::SECRET;

/// The accounts of two banks at each provider.
const BANKS: [(&str, &str); 2] = [("riverside", "sk_account_one"), ("kita", "sk_account_two")];

/// Starts a server that may connect to the providers, on a clock that tests move.
async fn serve(site: &Site, providers: &Providers) -> Server {
    let more = providers.options();
    let mut options: Vec<_> = super::MOVABLE.to_vec();
    options.extend(["--jwt-secret", SECRET]);
    options.extend(more.iter().map(String::as_str));
    site.serve(&options).await
}

/// The two banks, each with an account of its own at both providers.
async fn connected(
    server: &Server,
    providers: &Providers,
) -> [(Client, &'static str, [String; 2]); 2] {
    let [one, two] = BANKS;
    let connect = async |(slug, account): (&str, &'static str)| {
        let bank = server.client(slug);
        let ids = providers.connect(&bank, account).await;
        (bank, account, ids)
    };
    [connect(one).await, connect(two).await]
}

/// Returns which connector each attempt of a payment was made with and what came of it, the newest
/// first.
async fn attempts(bank: &Client, path: &str) -> Vec<(String, String)> {
    let attempts = bank.get(&format!("{path}/attempts")).await.ok(200);
    let word = |attempt: &serde_json::Value, name: &str| {
        attempt[name].as_str().expect("a word").to_owned()
    };
    let data = attempts["data"].as_array().expect("a list");
    data.iter().map(|attempt| (word(attempt, "connector"), word(attempt, "state"))).collect()
}
