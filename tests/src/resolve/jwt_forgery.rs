//! Tokens somebody has worked on: none panics, none proves what its signer did not say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header, encode};
use proptest::prelude::*;
use serde_json::{Value, json};
use tenancy_core::ErrorKind;
use tenancy_core::resolve::{Claimed, TenantResolver as _};

use super::strategy::bearer;
use super::token::{SECRET, claims, header, naming, sign, signing_key};
use super::world::{World, get, resolve};

#[tokio::test]
async fn every_byte_counts() {
    let world = World::new();
    let chain = world.chain();
    for (mine, other) in [(&world.north, &world.south), (&world.south, &world.north)] {
        let token = naming(&world, mine.slug);
        let foreign = naming(&world, other.slug);
        // Remembered: whatever follows differs from a token that is believed.
        assert!(resolve(&chain, bearer(get(), &token)).await.is_ok());
        for at in 0..token.len() {
            for byte in [b'A', b'.', b'=', b'_', foreign.as_bytes()[at % foreign.len()]] {
                let mut changed = token.clone().into_bytes();
                if changed[at] == byte {
                    continue;
                }
                changed[at] = byte;
                let changed = String::from_utf8(changed).unwrap();
                if changed == foreign {
                    continue;
                }
                let refused = resolve(&chain, bearer(get(), &changed)).await.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::CredentialInvalid, "{at} {byte}");
            }
        }
    }
}

#[test]
fn claims_that_cannot_be_meant_are_refused() {
    let world = World::new();
    let exp = claims(&world, "")["exp"].clone();
    let since = format!(r#""iss":"https://id.example","aud":"bank","sub":"ada","exp":{exp}"#);
    let rest = format!(r#"{since},"nbf":1"#);
    let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    for bad in [
        format!(r#"{{{rest},"tenant_id":"north","tenant_id":"south"}}"#),
        format!(r#"{{{rest},"tenant_id":"north","sub":"eve"}}"#),
        format!(r#"{{{rest},"tenant_id":"north","\u0073ub":"eve"}}"#),
        format!(r#"{{{rest},"tenant_id":"north","exp":{exp}}}"#),
        format!(r#"{{{rest},"tenant_id":"north","nbf":1}}"#),
        format!(r#"{{{since},"tenant_id":"south","nbf":1e999}}"#),
        format!(r#"{{{since},"tenant_id":"south","nbf":1e308}}"#),
        format!(r#"{{{rest},"tenant_id":"south","iat":1e308}}"#),
        format!(r#"{{{since},"tenant_id":"south","nbf":NaN}}"#),
        format!(r#"{{{rest},"tenant_id":"south","act":{{"sub":""}}}}"#),
        format!(r#"{{{rest},"tenant_id":"south","act":{{"sub":"eve","iss":"https://evil"}}}}"#),
        format!(r#"{{{rest},"tenant_id":"south","act":{deep}}}"#),
        format!(r#"{{{rest},"tenant_id":"south","scope":17}}"#),
        format!(r#"{{{rest},"tenant_id":"south"}} {{}}"#),
        format!(r#"[{{{rest},"tenant_id":"south"}}]"#),
    ] {
        let token = sign_text(r#"{"alg":"HS256","kid":"HS256"}"#, bad.as_bytes());
        assert!(matches!(read(&world, &token), Claimed::Invalid(_)), "{bad}");
    }
    let good = format!(r#"{{{rest},"tenant_id":"south"}}"#);
    for head in [
        r#"{"alg":"HS256","kid":"HS256","crit":["exp"]}"#,
        r#"{"alg":"HS256","kid":"HS256","b64":false}"#,
        r#"{"alg":"HS256","kid":"RS256","kid":"HS256"}"#,
        r#"{"alg":"none","alg":"HS256","kid":"HS256"}"#,
        r#"{"alg":"hs256","kid":"HS256"}"#,
    ] {
        let token = sign_text(head, good.as_bytes());
        assert!(matches!(read(&world, &token), Claimed::Invalid(_)), "{head}");
    }
    let token = sign_text(r#"{"alg":"HS256","kid":"HS256"}"#, good.as_bytes());
    assert!(matches!(read(&world, &token), Claimed::Claim(_)));
    let padding = format!(r#"{{{rest},"tenant_id":"south","x":"{}"}}"#, "x".repeat(8 * 1024));
    let token = sign_text(r#"{"alg":"HS256","kid":"HS256"}"#, padding.as_bytes());
    assert!(matches!(read(&world, &token), Claimed::Invalid(_)), "too long");
}

#[tokio::test]
async fn scopes_narrow_and_somebody_may_act_for_another() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        let mut claims = claims(&world, member.slug);
        claims["scope"] = json!("payments:create payments:refund");
        claims["scp"] = json!(["payments:create"]);
        claims["act"] = json!({ "sub": "support", "act": { "sub": "history" } });
        let token = sign(Algorithm::HS256, &claims);
        for _ in 0..2 {
            let found = world.resolve(bearer(get(), &token)).await.unwrap().unwrap();
            let actor = found.actor().unwrap();
            assert_eq!((actor.id(), actor.principal().id()), ("support", "ada"));
            assert!(actor.may_use_scope("payments:create"));
            assert!(!actor.may_use_scope("payments:refund"));
            assert_eq!(found.tenant().id(), member.id);
        }
        let chain = world.empty_chain().with(world.jwt().ignore_scopes());
        let found = resolve(&chain, bearer(get(), &token)).await.unwrap().unwrap();
        assert!(found.actor().unwrap().scopes().is_none());
    }
}

#[tokio::test]
async fn a_type_may_be_required() {
    let world = World::new();
    let chain = world.empty_chain().with(world.jwt().token_type("at+jwt"));
    for (tenant, typ, is_good) in [
        (&world.north, Some("at+jwt"), true),
        (&world.south, Some("application/AT+JWT"), true),
        (&world.north, Some("JWT"), false),
        (&world.south, None, false),
    ] {
        let header = Header { typ: typ.map(str::to_owned), ..header(Algorithm::HS256) };
        let claims = claims(&world, tenant.slug);
        let token = encode(&header, &claims, &signing_key(Algorithm::HS256)).unwrap();
        assert_eq!(resolve(&chain, bearer(get(), &token)).await.is_ok(), is_good, "{typ:?}");
    }
}

proptest! {
    #[test]
    fn anything_between_dots(head in any::<Vec<u8>>(), body in any::<Vec<u8>>(), tail in "[!-~]{0,80}") {
        let world = World::new();
        let text = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let token = format!("{}.{}.{tail}", text(&head), text(&body));
        prop_assert!(!matches!(read(&world, &token), Claimed::Claim(_)));
    }

    /// Signed well: what stands beside the claims that count changes neither tenant nor actor.
    #[test]
    fn any_claim_beside(name in "x[a-z_]{1,12}", text in any::<String>(), is_north: bool) {
        let world = World::new();
        let member = if is_north { &world.north } else { &world.south };
        let mut claims = claims(&world, member.slug);
        let Claimed::Claim(plain) = read(&world, &sign(Algorithm::HS256, &claims)) else {
            panic!("it is good")
        };
        claims[&name] = Value::String(text);
        let Claimed::Claim(beside) = read(&world, &sign(Algorithm::HS256, &claims)) else {
            panic!("it is good")
        };
        prop_assert_eq!(plain, beside);
    }
}

fn read(world: &World, token: &str) -> Claimed {
    world.jwt().resolve(&bearer(get(), token).body(()).unwrap().into_parts().0)
}

fn sign_text(header: &str, claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}
