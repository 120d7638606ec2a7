use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Client;
use super::client::plain_http;
use super::server::program;

/// The program `providers`: payment providers that can be told to misbehave. Killed when dropped.
pub(crate) struct Providers {
    _program: Child,
    urls: HashMap<String, String>,
    http: reqwest::Client,
}

impl Providers {
    /// Starts it on free ports and returns when all its servers listen.
    pub(crate) async fn start() -> Self {
        let mut program = Command::new(program("providers"))
            .args(["--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut output = BufReader::new(program.stdout.take().expect("it is piped")).lines();
        let read = async {
            let mut urls = HashMap::new();
            while let Some(line) = output.next_line().await.expect("its output is text") {
                match *line.split_whitespace().collect::<Vec<_>>().as_slice() {
                    [name, "listens", "at", url] => {
                        urls.insert(name.to_owned(), url.to_owned());
                    }
                    _ => break,
                }
            }
            urls
        };
        let urls = timeout(Duration::from_mins(1), read).await.expect("it says where it listens");
        assert_eq!(urls.len(), 4, "{urls:?}");
        Self { _program: program, urls, http: plain_http() }
    }

    /// Returns the address of a server.
    pub(crate) fn url(&self, name: &str) -> &str {
        &self.urls[name]
    }

    /// Returns the options that let tenants connect to them.
    pub(crate) fn options(&self) -> Vec<String> {
        let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let stripe = format!("stripe={}", self.url("cardway"));
        let paynova = format!("paynova={}", self.url("paynova"));
        ["--secrets-key", key, "--provider", &stripe, "--provider", &paynova]
            .map(ToOwned::to_owned)
            .to_vec()
    }

    /// Tells a server to do something wrong, to one operation of one account.
    pub(crate) async fn misbehave(&self, name: &str, account: &str, operation: &str, does: Value) {
        let fault = json!({ "account": account, "operation": operation, "does": does });
        self.tell(name, "faults", &fault).await;
    }

    /// The same, for so many calls.
    pub(crate) async fn misbehave_times(
        &self,
        name: &str,
        account: &str,
        operation: &str,
        does: Value,
        times: u32,
    ) {
        let fault = json!({
            "account": account, "operation": operation, "does": does, "times": times,
        });
        self.tell(name, "faults", &fault).await;
    }

    /// Has a server behave again.
    pub(crate) async fn behave(&self, name: &str) {
        let url = format!("{}/_admin/faults", self.url(name));
        let answer = self.http.delete(url).send().await.expect("an answer");
        assert_eq!(answer.status(), 204);
    }

    /// Returns how often an operation of an account was called.
    pub(crate) async fn calls(&self, name: &str, account: &str, operation: &str) -> u64 {
        let url = format!("{}/_admin/calls", self.url(name));
        let answer = self.http.get(url).send().await.expect("an answer");
        let calls: Value = answer.json().await.expect("JSON");
        calls[operation]["by_account"][account].as_u64().unwrap_or(0)
    }

    /// Connects a tenant to both payment providers, Stripe's shapes first. Returns the ids of the
    /// connections.
    pub(crate) async fn connect(&self, bank: &Client, account: &str) -> [String; 2] {
        let secret = format!("{account}:a secret of it").replace(' ', "_");
        let key_and_secret = secret.split_once(':').expect("both");
        let body = json!({ "key": key_and_secret.0, "secret": key_and_secret.1 });
        self.tell("paynova", "accounts", &body).await;
        let first = json!({ "kind": "stripe", "name": "first", "secret": account, "priority": 1 });
        let second =
            json!({ "kind": "paynova", "name": "second", "secret": secret, "priority": 2 });
        let mut ids = [String::new(), String::new()];
        for (id, connection) in ids.iter_mut().zip([first, second]) {
            let made = bank.post("/v1/integrations/connections", &connection).await.ok(201);
            made["id"].as_str().expect("an id").clone_into(id);
        }
        ids
    }

    /// Gives money back at the card provider, past the platform. Returns the provider's name for it.
    pub(crate) async fn give_back(&self, account: &str, intent: &str, amount: i64) -> String {
        let url = format!("{}/v1/refunds", self.url("cardway"));
        let form = format!("payment_intent={intent}&amount={amount}");
        let request = self.http.post(url).bearer_auth(account).body(form);
        let answer = request.send().await.expect("an answer");
        let refund: Value = answer.json().await.expect("JSON");
        refund["id"].as_str().expect("an id").to_owned()
    }

    /// Says where a server sends the events of an account, and what it signs with.
    pub(crate) async fn tell_of_events(&self, name: &str, account: &str, url: &str, secret: &str) {
        let target = json!({ "account": account, "url": url, "secret": secret });
        let path = format!("{}/_admin/webhooks", self.url(name));
        let answer = self.http.put(path).json(&target).send().await.expect("an answer");
        assert_eq!(answer.status(), 204);
    }

    /// Has a server send all events of an account, each so often. Returns their types and what was
    /// answered, such as `refund.done 200`.
    pub(crate) async fn deliver(
        &self,
        name: &str,
        account: &str,
        order: &str,
        times: u32,
    ) -> Vec<String> {
        let delivery = json!({ "account": account, "order": order, "times": times });
        let path = format!("{}/_admin/webhooks/deliver", self.url(name));
        let answer = self.http.post(path).json(&delivery).send().await.expect("an answer");
        let delivered: Value = answer.json().await.expect("JSON");
        let delivered = delivered.as_array().expect("a list").iter();
        let line =
            |one: &Value| format!("{} {}", one["type"].as_str().expect("a type"), one["status"]);
        delivered.map(line).collect()
    }

    async fn tell(&self, name: &str, what: &str, body: &Value) {
        let url = format!("{}/_admin/{what}", self.url(name));
        let answer = self.http.post(url).json(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 204, "{body}");
    }
}
