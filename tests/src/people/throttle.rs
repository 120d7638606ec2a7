//! Whoever guesses is slowed down by where it comes from too, whomever it guesses for.

use serde_json::json;

use super::{Browser, PASSWORD, UNLIMITED};
use crate::harness::{Site, on_both_stacks};

on_both_stacks!(a_network_is_slowed_down_and_no_other, a_proxy_of_ours_says_where_people_are);

const WRONG: &str = "a wrong password";

/// One password for many accounts, at many tenants: no account is tried ten times.
async fn a_network_is_slowed_down_and_no_other(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let here = |slug| Browser::at(&server, slug).calling_from([127, 0, 0, 2]);
    let elsewhere = Browser::at(&server, "riverside").calling_from([127, 0, 0, 3]);
    let (riverside, kita) = (here("riverside"), here("kita"));

    // Who is right is not counted.
    for _ in 0..5 {
        riverside.try_sign_in("owner@riverside.example", PASSWORD).await.ok(200);
    }
    let mut slowed = Vec::new();
    for number in 0..130 {
        let at = if number % 2 == 0 { &riverside } else { &kita };
        let answer = at.try_sign_in(&format!("somebody{number}@bank.example"), WRONG).await;
        if answer.status == 429 {
            answer.refused(429, "too_many_attempts");
            slowed.push(number);
        } else {
            answer.refused(401, "sign_in_refused");
        }
        if slowed.len() == 3 {
            break;
        }
    }
    // A try comes back each nine seconds.
    assert!((100..115).contains(&slowed[0]), "{slowed:?}");

    // Neither the right password helps, nor an address that says it comes from elsewhere, nor
    // another way to ask.
    let forwarded = riverside.request(http::Method::POST, "/v1/auth/login");
    let forwarded = forwarded.header("x-forwarded-for", "192.0.2.7").json(&json!({
        "email": "owner@riverside.example", "password": PASSWORD,
    }));
    let mut refused = vec![riverside.send(forwarded).await];
    for (path, body) in [
        ("/v1/invitations/accept", json!({ "token": "x", "password": PASSWORD })),
        ("/v1/auth/password-reset", json!({ "email": "owner@kita.example" })),
        ("/v1/auth/password-reset/complete", json!({ "token": "x", "password": PASSWORD })),
    ] {
        refused.push(kita.post(path, &body).await);
    }
    let still = refused.iter().filter(|answer| answer.status == 429).count();
    assert!(still >= 3, "{:?}", refused.iter().map(|answer| answer.status).collect::<Vec<_>>());

    // Others work, and the accounts that were tried are not locked.
    elsewhere.try_sign_in("owner@riverside.example", PASSWORD).await.ok(200);
    let other = Browser::at(&server, "kita").calling_from([127, 0, 0, 4]);
    other.try_sign_in("owner@kita.example", PASSWORD).await.ok(200);
}

/// Behind a proxy people are told apart by what it says, and by nothing that they say themselves.
async fn a_proxy_of_ours_says_where_people_are(site: &Site) {
    let options = [UNLIMITED[0], UNLIMITED[1], "--trusted-proxies", "127.0.0.9,192.0.2.0/28"];
    let server = site.serve(&options).await;
    let proxied = |slug| Browser::at(&server, slug).calling_from([127, 0, 0, 9]);
    let (riverside, kita) = (proxied("riverside"), proxied("kita"));
    let sign_in = async |at: &Browser, from: &str, email: &str, password: &str| {
        let request = at.request(http::Method::POST, "/v1/auth/login");
        let body = json!({ "email": email, "password": password });
        at.send(request.header("x-forwarded-for", from).json(&body)).await.status
    };
    let mut number = 0;
    loop {
        // Each time somebody else, as it says; the proxy adds where it is.
        let from = format!("198.51.100.{}, 2001:db8::{number:x}, 192.0.2.3", number % 250);
        let email = format!("somebody{number}@bank.example");
        if sign_in(&kita, &from, &email, WRONG).await == 429 {
            break;
        }
        number += 1;
        assert!(number < 130, "nobody is slowed down");
    }
    assert!(number >= 100, "{number}");
    let owner = "owner@riverside.example";
    assert_eq!(sign_in(&riverside, "2001:db8::ffff", owner, PASSWORD).await, 429);
    assert_eq!(sign_in(&riverside, "2001:db8:1::1", owner, PASSWORD).await, 200);
    assert_eq!(sign_in(&riverside, "203.0.113.1", owner, PASSWORD).await, 200);
}
