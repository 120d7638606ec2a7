//! A payment taken end to end, unchanged over SQLite and memory, and over Postgres and Redis.

mod foreign;
mod pages;
mod pasted;
mod payments;
mod start_up;
pub(crate) mod usage;

use crate::harness::{Client, Server, Site, on_both_stacks};
use crate::http::token;

on_both_stacks!(a_payment_taken_end_to_end);

/// Who takes part. The two banks count what they ask for.
struct Cast {
    server: Server,
    riverside: Client,
    nordhafen: Client,
}

async fn a_payment_taken_end_to_end(site: &Site) {
    let server = site.serve(&["--jwt-secret", token::SECRET]).await;
    let (riverside, nordhafen) = (server.client("riverside"), server.client("nordhafen"));
    println!("ready {:?} after its start", server.ready_after());
    let cast = Cast { server, riverside, nordhafen };

    pasted::lines_do_what_they_say(&cast).await;
    let made = payments::are_made_once(&cast).await;
    payments::are_listed_page_by_page(&cast).await;
    payments::are_canceled_once(&cast, &made).await;
    foreign::ids_are_answered_like_random_ones(&cast, &made).await;
    pages::show_whose_they_are(&cast).await;
    token_opens_its_tenant(&cast).await;

    payments::are_confirmed_once(&cast, &made).await;
    usage::is_exact(&cast.riverside, "starter", 0).await;
    usage::is_exact(&cast.nordhafen, "professional", 1).await;

    // What was answered is still there after a restart.
    let log = cast.server.stop().await;
    assert!(log.contains("stopping"), "{log}");
    let server = site.serve(&[]).await;
    let again = server.client("nordhafen").get(&format!("/v1/payments/{}", made.id())).await;
    assert_eq!(again.ok(200)["id"], made.id());
    server.stop().await;
}

async fn token_opens_its_tenant(cast: &Cast) {
    let with_token = cast.nordhafen.with_credential(&token::of("nordhafen"));
    let (by_token, by_key) = (with_token.get("/v1/payments"), cast.nordhafen.get("/v1/payments"));
    let (by_token, by_key) = tokio::join!(by_token, by_key);
    assert_eq!(by_token.ok(200), by_key.ok(200));
    let expired = cast.nordhafen.with_credential(&token::expired("nordhafen"));
    expired.get("/v1/payments").await.refused(401, "credential_invalid");
}
